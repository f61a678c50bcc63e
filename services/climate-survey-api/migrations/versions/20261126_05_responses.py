"""The tables of `responses`."""

revision = "20261126_05"
down_revision = "20261126_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `responses`."""
