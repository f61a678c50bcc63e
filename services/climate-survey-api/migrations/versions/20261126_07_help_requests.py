"""The tables of `help_requests`."""

revision = "20261126_07"
down_revision = "20261126_06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `help_requests`."""
