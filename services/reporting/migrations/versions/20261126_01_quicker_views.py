"""Row-level security that a question about a thousand schools hardly feels, and room in the pages of margins.

Who sees what stays as it was. Which district asks is looked up once for each reading of the places, not once for each
of them. And where PostgreSQL expects few rows it looks up the place of each, instead of reading all places of the
district first; contact times keep the other form, for they come by the thousand where one is expected.

Pages of margins keep room for what counts up, which happens every second: so rows that were written together, and are
read together, stay together.
"""

from alembic import op

revision = "20261126_01"
down_revision = "20261125_03"

_DISTRICT = "(SELECT current_setting('rapport.district_id', true))"
_OF_OWN_DISTRICT = f"district_id = {_DISTRICT} OR {_DISTRICT} = '*'"
_OF_A_PLACE_SEEN = "{district} = '*' OR EXISTS (SELECT 1 FROM places WHERE places.place_no = {table}.place_no)"
_OF_FEW_ROWS = ("referral_funnel_margins", "enrollment_margins", "enrollment_changes")


def upgrade() -> None:
    """State the policies anew."""
    if op.get_bind().dialect.name == "postgresql":
        policies = {table: _OF_A_PLACE_SEEN.format(district=_DISTRICT, table=table) for table in _OF_FEW_ROWS}
        for table, of_own in {"places": _OF_OWN_DISTRICT, **policies}.items():
            op.execute(f"ALTER POLICY own_district ON {table} USING ({of_own}) WITH CHECK ({of_own})")
        for table in ("referral_funnel_margins", "contact_times_margins"):
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 70)")
