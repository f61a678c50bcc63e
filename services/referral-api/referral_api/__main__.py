"""`python -m referral_api serve|api|relay|consume|migrate|dlq|keys`."""

from referral_api.app import SERVICE
from shared.cli import run

if __name__ == "__main__":
    run(SERVICE)
