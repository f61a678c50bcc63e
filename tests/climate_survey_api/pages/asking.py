"""Forms as the pages read them, made without a database."""

from datetime import timedelta
from uuid import UUID

from climate_survey_api.administrations.rules import Administration, Status, Unit
from climate_survey_api.instruments.rules import Scale
from climate_survey_api.instruments.scales import labels
from climate_survey_api.pages.asked import AskedItem, Form
from climate_survey_api.responses.asking import question
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode
from tests.climate_survey_api.suite import NOON

STUDENT = RespondentGroup.STUDENT


def an_item(item_id: str, dimension: str = "safety", scale: Scale = Scale.AGREE4) -> AskedItem:
    """A statement in English and Spanish."""
    text = {"en": f"Statement {item_id}", "es": f"Frase {item_id}"}
    return AskedItem(item_id, dimension, scale, text, labels(scale))


def a_form(*items: AskedItem, words: int = 0, facets: tuple[SurveyFacet, ...] = ()) -> Form:
    """What students are asked: these items, so many texts of their own, and these facets."""
    return Form(
        _administration(facets),
        STUDENT,
        closed_items=items,
        open_items=tuple(an_item(f"words{number}", "comments", Scale.TEXT) for number in range(words)),
        facets=tuple(question(facet, STUDENT) for facet in facets),
    )


def many(count: int, dimension: str = "safety") -> list[AskedItem]:
    """So many items of one dimension."""
    return [an_item(f"{dimension}{number}", dimension) for number in range(count)]


def _administration(facets: tuple[SurveyFacet, ...]) -> Administration:
    return Administration(
        district_id="demo",
        administration_id=UUID("0190f3a2-5b7c-4c1d-9e2f-3a4b5c6d7e8f"),
        instrument_id="own",
        version=1,
        name="Fall",
        opens_at=NOON - timedelta(days=1),
        closes_at=NOON + timedelta(days=7),
        mode=SurveyMode.ANONYMOUS,
        languages=("en", "es"),
        facets=facets,
        free_text=True,
        ppra=None,
        units=(Unit("s-1", STUDENT, 30),),
        status=Status.OPEN,
    )
