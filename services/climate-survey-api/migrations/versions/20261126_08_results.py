"""The tables of `results`."""

revision = "20261126_08"
down_revision = "20261126_07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `results`."""
