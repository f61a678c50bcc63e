"""PostgreSQL takes no samples of keys that are destroyed one day: they would outlive them."""

from alembic import op

revision = "20261126_09"
down_revision = "20261126_08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """ANALYZE copies values of a column into the server's own tables, and no deletion reaches them there."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (("ballot_keys", "key"), ("administrations", "choices_key")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
            # The type that it has: what was sampled of it until now is dropped, and no row is written.
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bytea")
