"""`python -m climate_survey_api serve|api|relay|consume|migrate|dlq|keys`."""

from climate_survey_api.app import SERVICE
from shared.cli import run

if __name__ == "__main__":
    run(SERVICE)
