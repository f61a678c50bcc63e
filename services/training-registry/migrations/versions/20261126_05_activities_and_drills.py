"""Made by the noun that it is named after."""

revision = "20261126_05"
down_revision = "20261126_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
