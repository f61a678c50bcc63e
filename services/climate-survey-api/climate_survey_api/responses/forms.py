"""The form of one group, as an app shows it and as its answers are read."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from climate_survey_api.administrations.rules import Administration
from climate_survey_api.instruments.document import DocumentItem
from climate_survey_api.instruments.rules import Scale
from climate_survey_api.instruments.views import InstrumentView, items_of, read_instrument
from climate_survey_api.policies.views import policy_of
from climate_survey_api.responses.asking import FacetQuestion, facets_asked, question
from climate_survey_api.responses.rules import Asked, items_asked
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode

Texts = Mapping[str, str]


class ScalePoint(BaseModel):
    """One of the answers that are offered."""

    value: int = Field(description="What is sent.")
    text: Texts = Field(description="What people read, by language; English too where one of the survey's has none.")


class AskedItem(BaseModel):
    """One statement or question."""

    item_id: str
    dimension: str
    kind: Literal["scale", "choice", "text"] = Field(description="Points in order, choices, or one's own words.")
    text: Texts
    scale: list[ScalePoint] = Field(description="What may be answered, in the order shown; none with own words.")
    optional: bool = Field(True, description="Always: every item may be left out.")


class FacetValue(BaseModel):
    """One of the things that respondents may say about themselves."""

    value: str
    text: Texts


class AskedFacet(BaseModel):
    """A question about the respondent; it may always be left out."""

    facet: SurveyFacet
    text: Texts
    values: list[FacetValue]


class AskedBy(BaseModel):
    """The survey, as far as it concerns those who answer it."""

    administration_id: UUID
    name: str
    mode: SurveyMode = Field(description="anonymous, or confidential: who has answered is known, never what.")
    closes_at: Instant
    languages: list[str]


class SurveyForm(BaseModel):
    """Everything an app needs to ask one group's questions."""

    administration: AskedBy
    respondent_group: RespondentGroup
    languages: list[str] = Field(description="What the survey is offered in, the district's first choice first.")
    items: list[AskedItem] = Field(description="In the order they are asked.")
    facets: list[AskedFacet] = Field(description="What respondents may say about themselves.")
    helpline: Texts = Field(description="Whom to turn to, to be shown at the end, by language.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "administration": {
                        "administration_id": "0190f3a2-5b7c-4c1d-9e2f-3a4b5c6d7e8f",
                        "name": "Fall 2026",
                        "mode": "anonymous",
                        "closes_at": "2026-12-04T22:00:00Z",
                        "languages": ["en", "es"],
                    },
                    "respondent_group": "student",
                    "languages": ["en", "es"],
                    "items": [
                        {
                            "item_id": "safe_in_hallways",
                            "dimension": "safety",
                            "kind": "scale",
                            "text": {"en": "I feel safe in the hallways.", "es": "Me siento a salvo en los pasillos."},
                            "scale": [
                                {"value": 1, "text": {"en": "Strongly disagree", "es": "Muy en desacuerdo"}},
                                {"value": 2, "text": {"en": "Disagree", "es": "En desacuerdo"}},
                                {"value": 3, "text": {"en": "Agree", "es": "De acuerdo"}},
                                {"value": 4, "text": {"en": "Strongly agree", "es": "Muy de acuerdo"}},
                            ],
                            "optional": True,
                        }
                    ],
                    "facets": [
                        {
                            "facet": "english_learner",
                            "text": {
                                "en": "Do you get help at school to learn English?",
                                "es": "¿Recibes ayuda en la escuela para aprender inglés?",
                            },
                            "values": [
                                {"value": "true", "text": {"en": "Yes", "es": "Sí"}},
                                {"value": "false", "text": {"en": "No", "es": "No"}},
                            ],
                        }
                    ],
                    "helpline": {"en": "Call or text 988, day and night."},
                }
            ]
        }
    )


async def asked_in(session: ReadSession, administration: Administration, group: RespondentGroup) -> Asked:
    """What this group is asked, as its answers are read."""
    instrument = await instrument_of(session, administration)
    return Asked(
        items_asked(items_of(instrument), group, free_text=administration.free_text),
        {facet: question(facet, group).values for facet in facets_asked(administration.facets, group)},
    )


async def survey_form(session: ReadSession, administration: Administration, group: RespondentGroup) -> SurveyForm:
    """What this group is asked, in words: in the survey's languages, no more."""
    instrument = await instrument_of(session, administration)
    asked = await asked_in(session, administration, group)
    spoken = administration.languages
    documents = {item.item_id: item for item in instrument.items}
    policy = await policy_of(session, administration.district_id)
    return SurveyForm(
        administration=AskedBy(
            administration_id=administration.administration_id,
            name=administration.name,
            mode=administration.mode,
            closes_at=administration.closes_at,
            languages=list(spoken),
        ),
        respondent_group=group,
        languages=list(spoken),
        items=[_asked_item(instrument, documents[item.item_id], spoken) for item in asked.items],
        facets=[_asked_facet(question(facet, group), spoken) for facet in asked.facets],
        helpline=policy.helpline,
    )


async def instrument_of(session: ReadSession, administration: Administration) -> InstrumentView:
    """What an administration asks, of everybody."""
    return await read_instrument(
        session, administration.district_id, administration.instrument_id, administration.version
    )


def _asked_item(instrument: InstrumentView, item: DocumentItem, spoken: tuple[str, ...]) -> AskedItem:
    return AskedItem(
        item_id=item.item_id,
        dimension=item.dimension,
        kind="text" if item.scale is Scale.TEXT else "choice" if item.scale is Scale.CHOICE else "scale",
        text=_in(spoken, item.text),
        scale=[
            ScalePoint(value=value, text=_in(spoken, text)) for value, text in enumerate(instrument.points_of(item), 1)
        ],
        optional=True,
    )


def _asked_facet(asked: FacetQuestion, spoken: tuple[str, ...]) -> AskedFacet:
    values = [FacetValue(value=value, text=_in(spoken, text)) for value, text in asked.values.items()]
    return AskedFacet(facet=asked.facet, text=_in(spoken, asked.text), values=values)


def _in(spoken: tuple[str, ...], texts: Texts) -> Texts:
    """The texts in these languages; in English too where one of them is missing, as with points of our own scales."""
    found = {language: texts[language] for language in spoken if language in texts}
    return found if len(found) == len(spoken) else found | {"en": texts["en"]}
