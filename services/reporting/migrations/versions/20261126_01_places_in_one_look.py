"""Which district asks is looked up once for each reading of the places, not once for each of them.

Every row of a view is checked against the places of the district, which are read for that: a thousand of
them each time.
"""

from alembic import op

revision = "20261126_01"
down_revision = "20261125_03"

_DISTRICT = "(SELECT current_setting('rapport.district_id', true))"
_OWN = f"district_id = {_DISTRICT} OR {_DISTRICT} = '*'"


def upgrade() -> None:
    """State the policy of the places anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER POLICY own_district ON places USING ({_OWN}) WITH CHECK ({_OWN})")
