"""The tables of `comments`."""

revision = "20261126_06"
down_revision = "20261126_05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `comments`."""
