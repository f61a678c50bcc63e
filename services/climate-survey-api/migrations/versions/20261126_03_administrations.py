"""The tables of `administrations`."""

revision = "20261126_03"
down_revision = "20261126_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `administrations`."""
