"""What one form asks, as its pages read it: the items of one group in their order, and what is asked beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from climate_survey_api.administrations.rules import Administration
from climate_survey_api.instruments.rules import PpraArea, Scale
from climate_survey_api.instruments.views import InstrumentView
from climate_survey_api.responses.asking import FacetQuestion, facets_asked, question
from climate_survey_api.responses.forms import instrument_of
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup


@dataclass(frozen=True, slots=True)
class AskedItem:
    """One statement or question as it is put to people."""

    item_id: str
    dimension: str
    scale: Scale
    text: Mapping[str, str]
    points: tuple[Mapping[str, str], ...]
    """What each answer from 1 up is called, by language; in English at least where it is a scale of ours."""
    ppra_area: PpraArea | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What one group is asked in one administration."""

    administration: Administration
    respondent_group: RespondentGroup
    closed_items: tuple[AskedItem, ...]
    """What is answered by a choice, in the order in which it is asked."""
    open_items: tuple[AskedItem, ...]
    """What is answered in one's own words; it is asked last."""
    facets: tuple[FacetQuestion, ...]
    """What respondents may say about themselves."""

    @property
    def items(self) -> tuple[AskedItem, ...]:
        """All of them."""
        return (*self.closed_items, *self.open_items)


async def form_for(session: ReadSession, administration: Administration, group: RespondentGroup) -> Form:
    """The form of a group in an administration."""
    return form_of(administration, group, await instrument_of(session, administration))


async def forms_for(session: ReadSession, administration: Administration) -> list[Form]:
    """The form of each group that is asked anywhere, in the order of the groups."""
    asked = {unit.respondent_group for unit in administration.units}
    instrument = await instrument_of(session, administration)
    return [form_of(administration, group, instrument) for group in RespondentGroup if group in asked]


def form_of(administration: Administration, group: RespondentGroup, instrument: InstrumentView) -> Form:
    """The form of a group; free text is asked for where the administration wants it, and nowhere else."""
    theirs = tuple(_items(instrument, group))
    return Form(
        administration,
        group,
        closed_items=tuple(item for item in theirs if item.scale is not Scale.TEXT),
        open_items=tuple(item for item in theirs if item.scale is Scale.TEXT and administration.free_text),
        facets=tuple(question(facet, group) for facet in facets_asked(administration.facets, group)),
    )


def _items(instrument: InstrumentView, group: RespondentGroup) -> Iterator[AskedItem]:
    for item in instrument.items:
        if group in item.respondent_groups:
            points = instrument.points_of(item)
            yield AskedItem(item.item_id, item.dimension, item.scale, item.text, points, item.ppra_area)
