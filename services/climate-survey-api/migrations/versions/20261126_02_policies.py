"""The tables of `policies`."""

revision = "20261126_02"
down_revision = "20261126_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `policies`."""
