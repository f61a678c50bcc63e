"""A provider's referrals are found without a look at all others; on SQLite all districts' changes have one counter."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_01"
down_revision = "20261125_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Numbers that were given stay, and the next ones lie above all of them: cursors stay good."""
    for name, place in (("ix_referrals_provider", "created_at"), ("ix_referrals_provider_changes", "change_no")):
        op.create_index(
            name,
            "referrals",
            ["district_id", "provider_id", place, "referral_id"],
            postgresql_where=sa.text("provider_id IS NOT NULL"),
            sqlite_where=sa.text("provider_id IS NOT NULL"),
        )
    if op.get_bind().dialect.name == "sqlite":
        _count_changes_of_all_districts()


def _count_changes_of_all_districts() -> None:
    """An era notes one number for all districts: counted by themselves, those behind would have lost nothing by it."""
    op.execute("UPDATE change_clock SET ahead = (SELECT coalesce(max(change_no), 0) FROM referrals)")
    for event in ("INSERT", "UPDATE OF version"):
        name = f"number_change_on_{event.split()[0].lower()}"
        op.execute(f"DROP TRIGGER {name}")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON referrals BEGIN"
            " UPDATE change_clock SET ahead = ahead + 1;"
            " UPDATE referrals SET change_no = (SELECT ahead FROM change_clock)"
            " WHERE district_id = NEW.district_id AND referral_id = NEW.referral_id; END"
        )
