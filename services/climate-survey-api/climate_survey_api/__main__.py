"""`python -m climate_survey_api serve|api|relay|migrate|keys`; it hears no topic, so there is nothing to consume."""

from climate_survey_api.app import SERVICE
from shared.cli import run

if __name__ == "__main__":
    run(SERVICE)
