"""What of many offers is new, was there, or has faults; and which drills a quota counts."""

from datetime import date
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Fault
from shared.events.training import DrillType
from training_registry.activities.rules import (
    HeldDrill,
    Offer,
    Quota,
    Variety,
    acceptable,
    days_of,
    held,
    in_order,
    named,
    variety,
    verdicts,
)

A_FAULT = (Fault("started_at", "lies in the future"),)
offers = st.lists(
    st.builds(
        Offer,
        st.sampled_from([None, *map(UUID, ["0" * 31 + str(n) for n in range(4)])]),
        st.sampled_from([None, ("x",), ("y",)]),
        st.sampled_from([(), A_FAULT]),
    ),
    max_size=12,
)
contents = st.dictionaries(
    st.sampled_from([UUID("0" * 31 + str(n)) for n in range(4)]), st.sampled_from([("x",), ("y",)])
)


@given(offers, contents)
def test_a_list_leaves_under_each_id_what_was_there_or_its_first_faultless_offer(
    sent: list[Offer], there: dict[UUID, tuple[object, ...]]
) -> None:
    """What the database does is that it adds what is acceptable and not there."""
    new = acceptable(sent).keys() - there.keys()
    stored = there | {entry_id: sent[acceptable(sent)[entry_id]].content or () for entry_id in new}
    told = verdicts(sent, new=new, stored=stored, id_field="activity_id")
    assert len(told) == len(sent)
    made = [v.entry_id for v in told if v.status == 201]
    assert len(made) == len(set(made))
    assert set(made) == new
    for offer, verdict in zip(sent, told, strict=True):
        is_there = offer.content is not None and offer.entry_id in stored and stored[offer.entry_id] == offer.content
        assert (verdict.status == 422) is not is_there
        assert bool(verdict.faults) is not is_there
        assert verdict.entry_id == offer.entry_id
    # The same list again adds nothing, and refuses what it refused.
    again = verdicts(sent, new=set(), stored=stored, id_field="activity_id")
    assert [v.status == 422 for v in again] == [v.status == 422 for v in told]
    assert 201 not in [v.status for v in again]
    assert named(sent) >= new


@given(offers, st.randoms())
def test_whatever_order_things_are_sent_in_they_are_inserted_in_one(sent: list[Offer], chance: Random) -> None:
    shuffled = chance.sample(sent, len(sent))
    orders = [[of[place].entry_id for place in in_order(acceptable(of))] for of in (sent, shuffled)]
    assert orders[0] == orders[1]


def a_quota(**given: object) -> Quota:
    fields = {"type": None, "least": 1, "from_month": None, "to_month": None}
    return Quota(quota_id="q", title="Q", source="s", **fields | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("months", "counted"),
    [((None, None), range(1, 13)), ((9, 12), range(9, 13)), ((11, 2), (1, 2, 11, 12)), ((5, 5), (5,))],
)
def test_a_quota_counts_the_drills_of_its_months(months: tuple[int | None, int | None], counted: range) -> None:
    quota = a_quota(from_month=months[0], to_month=months[1])
    drills = [HeldDrill(DrillType.HOLD, date(2026, month, 1), 9) for month in range(1, 13)]
    assert [d.held_on.month for d in drills if held(quota, [d])] == list(counted)
    assert held(quota, drills) == len(counted)


def test_a_quota_of_a_type_counts_that_type_only() -> None:
    drills = [HeldDrill(type_, date(2026, 9, 1), 9) for type_ in DrillType]
    assert held(a_quota(type=DrillType.SHELTER), drills) == 1
    assert held(a_quota(), drills) == len(DrillType)


def test_a_school_year_begins_in_july() -> None:
    assert days_of(2027) == (date(2026, 7, 1), date(2027, 6, 30))


def test_days_and_times_vary_when_two_drills_differ_in_them() -> None:
    monday, other_monday, tuesday = date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 3)
    assert variety([HeldDrill(DrillType.HOLD, monday, 9)]) == Variety(None, None)
    assert variety([HeldDrill(DrillType.HOLD, day, 9) for day in (monday, other_monday)]) == Variety(False, False)
    assert variety([HeldDrill(DrillType.HOLD, monday, 9), HeldDrill(DrillType.HOLD, tuesday, 10)]) == Variety(
        True, True
    )
