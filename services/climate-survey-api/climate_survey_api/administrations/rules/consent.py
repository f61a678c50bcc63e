"""What parents have to be given before students are asked, and who may be asked then.

Source: 20 USC 1232h (Protection of Pupil Rights Amendment), as domain.md 1.7 sums it up; a state may ask for more.
"""

from collections.abc import Iterable, Mapping

from climate_survey_api.administrations.rules.terms import Administration, ConsentMode, ParentalChoice, Ppra
from climate_survey_api.instruments.rules import Item
from shared.events.surveys import RespondentGroup


def consent_needed(asked: Iterable[Item], ppra: Ppra | None) -> ConsentMode:
    """What parents have to be given, by the items that students are asked; what others are asked does not touch it.

    Written consent where students have to take part and the US Department of Education pays; notice and a way out
    wherever else an item lies in a protected area, whoever pays.
    """
    if all(item.ppra_area is None for item in asked):
        return ConsentMode.NONE
    if ppra is not None and ppra.is_required and ppra.is_ed_funded:
        return ConsentMode.OPT_IN
    return ConsentMode.OPT_OUT


def may_ask(consent: ConsentMode, choice: ParentalChoice | None) -> bool:
    """Whether a student may be asked whose parents chose this, or nothing."""
    if consent is ConsentMode.OPT_IN:
        return choice is ParentalChoice.CONSENTED
    return consent is ConsentMode.NONE or choice is not ParentalChoice.OPTED_OUT


def most_places(administration: Administration, school_id: str, chosen: Mapping[ParentalChoice, int]) -> int | None:
    """How many of a school's students may be asked, by how many parents chose what; None: parents decide nothing."""
    if administration.consent_kept is ConsentMode.NONE:
        return None
    unit = administration.unit(school_id, RespondentGroup.STUDENT)
    invited = unit.invited if unit is not None else 0
    if administration.consent_kept is ConsentMode.OPT_IN:
        return min(invited, chosen.get(ParentalChoice.CONSENTED, 0))
    return max(0, invited - chosen.get(ParentalChoice.OPTED_OUT, 0))
