"""`python -m climate_survey_api serve|api|relay|consume|migrate|dlq|keys`."""

from shared.cli import run
from climate_survey_api.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
