"""The district's calendar, the contact clock's alarms, the history of a referral, and the order of its changes."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import grant, protect

revision = "20261125_01"
down_revision = "20261122_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to what is there; what was sent before stands first among the changes, and its clock goes on.

    A clock that ran out before is escalated at the first start: nobody has reached that student, and the share within
    the clock is over all that were due. No reminder comes for what falls due right after.
    """
    op.create_table(
        "calendars",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", name="pk_calendars"),
    )
    protect(op, "calendars")
    op.add_column("referral_steps", sa.Column("changes", sa.Text()))
    for column in (
        sa.Column("reminded_at", UtcDateTime()),
        sa.Column("overdue_at", UtcDateTime()),
        sa.Column("alarm_at", UtcDateTime()),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column("was_shared", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("change_no", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("referrals", column)
    op.execute(
        "UPDATE referrals SET was_shared = true"
        " WHERE consent_agreed AND provider_id IS NOT NULL AND submitted_at IS NOT NULL"
    )
    op.execute(
        "UPDATE referrals SET alarm_at = due_at"
        " WHERE contacted_at IS NULL AND status IN ('requested', 'accepted', 'in_progress', 'on_hold')"
    )
    op.create_index(
        "ix_referrals_alarm",
        "referrals",
        ["alarm_at"],
        postgresql_where=sa.text("alarm_at IS NOT NULL"),
        sqlite_where=sa.text("alarm_at IS NOT NULL"),
    )
    op.create_index("ix_referrals_changes", "referrals", ["district_id", "change_no", "referral_id"])
    op.create_table(
        "change_clock",
        sa.Column("clock_id", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("clock_id", name="pk_change_clock"),
    )
    op.execute("INSERT INTO change_clock (clock_id, ahead) VALUES (1, 0)")
    grant(op, "change_clock")
    if op.get_bind().dialect.name == "postgresql":
        _number_changes_on_postgresql()
    else:
        _number_changes_on_sqlite()


def _number_changes_on_postgresql() -> None:
    """By transaction: those still under way are known, so a reader can stop before the first of them.

    `ahead` is added after a restore into another cluster, whose transactions are numbered from the beginning again.
    """
    op.execute(
        "CREATE FUNCTION number_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.change_no := pg_current_xact_id()::text::bigint + (SELECT ahead FROM change_clock);"
        " RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER number_change BEFORE INSERT OR UPDATE OF version ON referrals"
        " FOR EACH ROW EXECUTE FUNCTION number_change()"
    )


def _number_changes_on_sqlite() -> None:
    """By a counter: there is one writer at a time, so a number that is seen has none below it still to come."""
    for event in ("INSERT", "UPDATE OF version"):
        name = f"number_change_on_{event.split()[0].lower()}"
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON referrals BEGIN"
            " UPDATE referrals SET change_no ="
            " (SELECT max(change_no) + 1 FROM referrals WHERE district_id = NEW.district_id)"
            " WHERE district_id = NEW.district_id AND referral_id = NEW.referral_id; END"
        )
