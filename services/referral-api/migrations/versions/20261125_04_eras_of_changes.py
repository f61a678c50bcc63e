"""Who follows the changes waits for nobody who writes no referral, and is told when the database was set back."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from shared.migrations import grant

revision = "20261125_04"
down_revision = "20261125_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first era begins: cursors of before name none, and whoever holds one is told to begin anew."""
    eras = op.create_table(
        "change_eras",
        sa.Column("era_no", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("era_id", sa.Uuid(), nullable=False),
        sa.Column("begun_behind", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("era_no", name="pk_change_eras"),
        sa.UniqueConstraint("era_id", name="uq_change_eras_era_id"),
    )
    op.bulk_insert(eras, [{"era_id": uuid4(), "begun_behind": 0}])
    grant(op, "change_eras")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_LEAVE_REFERRALS_ALONE)
        op.execute(_NUMBER_CHANGE)
        op.execute(_CHANGES_SETTLED_BELOW)


_LEAVE_REFERRALS_ALONE = """
CREATE FUNCTION leave_referrals_alone() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  PERFORM set_config('rapport.leaves_referrals_alone', 'on', true);
  PERFORM pg_advisory_xact_lock_shared(7215031, 1);
END $$
"""
"""Said by a long transaction of what it will not do: the lock tells readers, and the setting holds it to that."""

_NUMBER_CHANGE = """
CREATE OR REPLACE FUNCTION number_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('rapport.leaves_referrals_alone', true) = 'on' THEN
    RAISE EXCEPTION 'this transaction has said that it leaves referrals alone';
  END IF;
  NEW.change_no := pg_current_xact_id()::text::bigint + (SELECT ahead FROM change_clock);
  RETURN NEW;
END $$
"""

_CHANGES_SETTLED_BELOW = """
CREATE FUNCTION changes_settled_below(newest bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  snapshot CONSTANT pg_snapshot := pg_current_snapshot();
  raised CONSTANT bigint := (SELECT ahead FROM change_clock);
  under_way CONSTANT bigint := pg_snapshot_xmin(snapshot)::text::bigint;
  here CONSTANT oid := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
  IF newest < raised + under_way THEN
    RETURN raised + under_way;
  END IF;
  RETURN raised + (
    WITH bystanders AS (
      SELECT unnest(array_agg(transactionid)
        FILTER (WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock')) AS xid
      FROM pg_locks WHERE granted GROUP BY virtualtransaction
      HAVING bool_or(locktype = 'relation' AND database NOT IN (0, here))
          OR bool_or(locktype = 'advisory' AND database = here AND classid = 7215031 AND objid = 1 AND objsubid = 2)
    )
    SELECT coalesce(min(x::text::bigint), pg_snapshot_xmax(snapshot)::text::bigint)
    FROM pg_snapshot_xip(snapshot) AS x WHERE x::xid NOT IN (SELECT xid FROM bystanders)
  );
END $$
"""
"""The number below which every change is visible that will ever be.

Where the newest that is asked about lies below whatever is under way on the server, that is the answer, at the cost of
a look at the snapshot. Else those are passed over who cannot write a referral here: they hold a lock in another
database, or have said that they will not. What the locks say of a transaction stays true until it ends, so it does not
matter that they are read a moment after the snapshot: who has ended since is merely not passed over.
"""
