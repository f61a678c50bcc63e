"""How officers stand to each requirement and to all together, and how often each is counted."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.codec import STANDINGS
from reporting.measures.standings import EVERYWHERE, TOGETHER, Standing, altogether, counted_at
from shared.events.training import StandingStatus

EXEMPT, CURRENT, DUE, OVERDUE, EXPIRED = (
    STANDINGS[status]
    for status in (
        StandingStatus.EXEMPT,
        StandingStatus.CURRENT,
        StandingStatus.DUE,
        StandingStatus.OVERDUE,
        StandingStatus.EXPIRED,
    )
)


@pytest.mark.parametrize(
    ("statuses", "together"),
    [
        ([], CURRENT),
        ([EXEMPT], EXEMPT),
        ([EXEMPT, CURRENT], CURRENT),
        ([CURRENT, DUE, EXEMPT], DUE),
        ([OVERDUE, DUE], OVERDUE),
        ([OVERDUE, EXPIRED, CURRENT], EXPIRED),
    ],
)
def test_all_together_the_worst_decides(statuses: list[int], together: int) -> None:
    standings = [("o-1", f"r-{n}", status) for n, status in enumerate(statuses)]
    assert list(altogether(["o-1"], standings)) == [("o-1", TOGETHER, together)]


def test_an_officer_is_counted_at_each_of_his_places_and_nobody_elses() -> None:
    assigned = {"o-1": [EVERYWHERE, 7], "o-2": [EVERYWHERE, 7, 9]}
    standings = [("o-1", "basic", CURRENT), ("o-2", "basic", DUE), ("o-3", "basic", EXPIRED)]
    assert Counter(counted_at(assigned, standings)) == {
        (EVERYWHERE, "basic", CURRENT): 1,
        (EVERYWHERE, "basic", DUE): 1,
        (7, "basic", CURRENT): 1,
        (7, "basic", DUE): 1,
        (9, "basic", DUE): 1,
    }


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["o-1", "o-2", "o-3"]), st.sampled_from(["r-1", "r-2"])),
        st.sampled_from(list(STANDINGS.values())),
    )
)
def test_every_officer_is_counted_once_together_and_as_well_as_no_requirement_forbids(
    known: dict[tuple[str, str], int],
) -> None:
    standings: list[Standing] = [(*key, status) for key, status in known.items()]
    officers = ["o-1", "o-2"]
    told = {officer: status for officer, _, status in altogether(officers, standings)}
    assert list(told) == officers
    for officer, status in told.items():
        own = [known[key] for key in known if key[0] == officer]
        assert status == max(own, default=CURRENT)
        assert (status <= CURRENT) is all(one in (EXEMPT, CURRENT) for one in own)
