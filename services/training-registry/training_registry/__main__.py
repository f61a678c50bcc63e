"""`python -m training_registry serve|api|relay|consume|migrate|dlq|keys`."""

from shared.cli import run
from training_registry.app import SERVICE

if __name__ == "__main__":
    run(SERVICE)
