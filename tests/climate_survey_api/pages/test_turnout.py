"""What of the turnout everybody may see while a survey runs."""

from climate_survey_api.administrations.rules import Unit
from climate_survey_api.pages.turnout import Share, Turnout, turnout_of
from shared.events.surveys import RespondentGroup

STUDENT, STAFF = RespondentGroup.STUDENT, RespondentGroup.STAFF


def test_groups_are_summed_and_a_school_without_codes_is_absent() -> None:
    units = (Unit("s-1", STUDENT, 60), Unit("s-1", STAFF, 8), Unit("s-2", STUDENT, 30))
    turnout = turnout_of(units, {("s-1", STUDENT): (60, 45), ("s-1", STAFF): (8, 6)})
    assert turnout.schools == (("s-1", Share(51, 68)),)
    assert (turnout.overall, turnout.small, turnout.some_hidden) == (Share(51, 68), None, False)
    assert turnout.schools[0][1].percent == 75


def test_a_hidden_school_is_not_what_is_left_of_the_whole() -> None:
    units = (Unit("big", STUDENT, 60), Unit("tiny", STUDENT, 9))
    turnout = turnout_of(units, {("big", STUDENT): (60, 40), ("tiny", STUDENT): (9, 3)})
    assert (turnout.schools, turnout.overall) == ((("big", Share(40, 60)),), Share(40, 60))
    assert (turnout.small, turnout.some_hidden) == (None, True)


def test_a_school_where_few_were_given_a_code_is_hidden_however_many_are_invited() -> None:
    units = (Unit("big", STUDENT, 60), Unit("late", STUDENT, 12))
    turnout = turnout_of(units, {("big", STUDENT): (60, 40), ("late", STUDENT): (9, 1)})
    assert (turnout.schools, turnout.overall, turnout.some_hidden) == ((("big", Share(40, 60)),), Share(40, 60), True)
    more = turnout_of(units, {("big", STUDENT): (60, 40), ("late", STUDENT): (10, 1)})
    assert more.schools == (("big", Share(40, 60)), ("late", Share(1, 10)))


def test_small_schools_are_shown_together_where_together_they_have_enough() -> None:
    units = (Unit("a", STUDENT, 6), Unit("b", STUDENT, 5), Unit("big", STUDENT, 20))
    codes = {("a", STUDENT): (6, 2), ("b", STUDENT): (5, 1), ("big", STUDENT): (20, 10)}
    turnout = turnout_of(units, codes)
    assert (turnout.small, turnout.overall) == (Share(3, 11), Share(13, 31))
    assert [school_id for school_id, _ in turnout.schools] == ["big"]


def test_too_few_everywhere_is_not_taken_for_no_codes_at_all() -> None:
    units = (Unit("a", STUDENT, 6), Unit("late", STUDENT, 12))
    hidden = turnout_of(units, {("a", STUDENT): (6, 2), ("late", STUDENT): (1, 1)})
    assert (hidden.overall, hidden.schools, hidden.small, hidden.some_hidden) == (None, (), None, True)
    assert turnout_of(units, {}) == Turnout(None, (), None, some_hidden=False)
