"""`python -m reporting serve|api|relay|consume|migrate|rebuild|dlq|keys`."""

from reporting.app import SERVICE
from shared.cli import run

if __name__ == "__main__":
    run(SERVICE)
