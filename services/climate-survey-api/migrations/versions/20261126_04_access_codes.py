"""The tables of `access_codes`."""

revision = "20261126_04"
down_revision = "20261126_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `access_codes`."""
