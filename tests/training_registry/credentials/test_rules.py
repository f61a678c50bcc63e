"""What follows for a credential on a day, by table."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from training_registry.credentials.rules import (
    VerificationResult,
    first_instant,
    hours_in_words,
    how_it_stands,
    last_instant,
)

TODAY = date(2026, 11, 25)
REVOKED = datetime(2026, 11, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("valid_to_on", "revoked_at", "result"),
    [
        (None, None, "valid"),
        (date(2026, 11, 26), None, "valid"),
        (TODAY, None, "valid"),
        (date(2026, 11, 24), None, "expired"),
        (None, REVOKED, "revoked"),
        (date(2026, 11, 24), REVOKED, "revoked"),
        (TODAY, REVOKED, "revoked"),
    ],
)
def test_how_a_credential_stands(valid_to_on: date | None, revoked_at: datetime | None, result: str) -> None:
    found = how_it_stands(valid_to_on=valid_to_on, revoked_at=revoked_at, today=TODAY)

    assert found is VerificationResult(result)


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        (date(2026, 11, 25), "2026-11-25T05:00:00", "2026-11-26T04:59:59"),
        (date(2026, 3, 8), "2026-03-08T05:00:00", "2026-03-09T03:59:59"),  # 23 hours
        (date(2026, 11, 1), "2026-11-01T04:00:00", "2026-11-02T04:59:59"),  # 25 hours
    ],
)
def test_a_day_lasts_as_long_as_it_does_where_the_registry_is(day: date, begins: str, ends: str) -> None:
    found = [instant(day, NEW_YORK).astimezone(UTC).replace(tzinfo=None) for instant in (first_instant, last_instant)]

    assert [one.isoformat() for one in found] == [begins, ends]


@pytest.mark.parametrize(
    ("hundredths", "words"),
    [
        (0, "0"),
        (25, "0.25"),
        (250, "2.5"),
        (800, "8"),
        (12_000, "120"),
        (1_234_567, "12345.67"),
        (10_000_000, "100000"),
    ],
)
def test_hours_are_written_to_the_hundredth_however_many(hundredths: int, words: str) -> None:
    assert hours_in_words(hundredths) == words
