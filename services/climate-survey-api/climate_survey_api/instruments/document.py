"""What is written down of an instrument: the body of a POST, what is shipped, and what is stored, all the same JSON."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from climate_survey_api.instruments.rules import POINTS, PpraArea, Scale
from climate_survey_api.texts import Texts, Wording
from shared.errors import Fault
from shared.events.surveys import RespondentGroup
from shared.http.bodies import ChosenId, StrictBody

MOST_ITEMS = 200
MOST_CHOICES = 20
_FEWEST_CHOICES = 2


class Origin(StrEnum):
    """Who wrote an item."""

    LOCAL = "local"
    """Rapport or the district."""
    EDSCLS = "edscls"
    """The US Department of Education, word for word; it makes no scale here, which only the whole of theirs would."""


def _each_once(groups: list[RespondentGroup]) -> list[RespondentGroup]:
    if len(set(groups)) < len(groups):
        raise ValueError("names a group twice")
    return groups


Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
"""A name without words in it: it stands in events and in forms."""
Groups = Annotated[
    list[Annotated[RespondentGroup, Field(strict=False)]],
    Field(min_length=1, max_length=len(RespondentGroup)),
    AfterValidator(_each_once),
]

ScaleTexts = Annotated[
    dict[Annotated[Scale, Field(strict=False)], Annotated[list[Texts], Field(max_length=MOST_CHOICES)]],
    Field(min_length=1, max_length=len(POINTS)),
]
"""What the points of scales are called, from the lowest."""

EXAMPLE: dict[str, Any] = {
    "instrument_id": "hallways",
    "title": {"en": "Our hallways", "es": "Nuestros pasillos"},
    "items": [
        {
            "item_id": "safe_in_hallways",
            "dimension": "safety",
            "respondent_groups": ["student"],
            "scale": "agree4",
            "reverse": False,
            "ppra_area": None,
            "text": {"en": "I feel safe in the hallways.", "es": "Me siento a salvo en los pasillos."},
        }
    ],
}

SCALE_TEXTS: dict[str, Any] = {"yes_no": [{"vi": "Không"}, {"vi": "Có"}]}


class DocumentChoice(StrictBody):
    """One of the answers that an item of the scale `choice` names itself."""

    text: Texts


class DocumentItem(StrictBody):
    """One statement or question."""

    item_id: Key
    dimension: Key = Field(description="What it is about; the scored items of a dimension are reported together.")
    respondent_groups: Groups = Field(description="Whose form it stands in.")
    scale: Annotated[Scale, Field(strict=False)] = Field(description="What it may be answered with.")
    reverse: bool = Field(False, description="Whether the lower half of the scale is the favourable one.")
    ppra_area: Annotated[PpraArea, Field(strict=False)] | None = Field(
        None, description="The area of 20 USC 1232h(b) that it touches; parents are told of such items beforehand."
    )
    text: Texts
    choices: list[DocumentChoice] | None = Field(
        None, max_length=MOST_CHOICES, description="Scale `choice`: its answers, 1 and up. Others have none."
    )
    origin: Annotated[Origin, Field(strict=False)] = Field(Origin.LOCAL, description="Who wrote it.")
    scaled: bool = Field(True, description="False: it is reported by itself and is no part of its dimension's figures.")
    note: Wording | None = Field(None, description="For whoever reads the instrument; respondents are not shown it.")


class InstrumentDocument(StrictBody):
    """An instrument, as it is sent and as it is told: what was left out when it was made is left out again."""

    instrument_id: ChosenId
    title: Texts = Field(description="Every item has to have a text in each of these languages.")
    description: Texts | None = None
    items: list[DocumentItem] = Field(min_length=1, max_length=MOST_ITEMS, description="In the order they are asked.")
    scale_texts: ScaleTexts | None = Field(
        None,
        description="By scale that it asks with, what each point is called, from the lowest: in further languages, or "
        "instead of our words. English and Spanish are there.",
        json_schema_extra={"examples": [SCALE_TEXTS]},
    )
    version: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Of where it was read, so that it can be sent on as it was told; here the count is our own."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def to_json(self) -> str:
        """The document as text: what was sent, and no more."""
        return self.model_dump_json(exclude_unset=True, exclude={"version"})

    def says_the_same_as(self, other: "InstrumentDocument") -> bool:
        """Whether both ask the same, whatever was spelled out or left out, and wherever they were read."""
        unversioned = {"version"}
        return self.model_dump(exclude=unversioned) == other.model_dump(exclude=unversioned)


def faults_of(document: InstrumentDocument) -> list[Fault]:
    """Why an instrument cannot be asked as it is written; none: it can. No fault quotes what people would read.

    Shape: by item in their order, each with the path of the field at fault.
    """
    return list(_faults(document))


def _faults(document: InstrumentDocument) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, item in enumerate(document.items):
        path = f"items.{number}"
        if item.item_id in seen:
            yield Fault(f"{path}.item_id", "names another item as well")
        seen.add(item.item_id)
        yield from _missing(item.text, document.title, f"{path}.text", "the title")
        yield from _of_the_scale(item, path)
        if item.origin is Origin.EDSCLS and item.scaled:
            yield Fault(f"{path}.scaled", "must be false: an item of EDSCLS is reported by itself")
    yield from _of_the_words(document)


def _of_the_scale(item: DocumentItem, path: str) -> Iterator[Fault]:
    choices = item.choices or []
    if item.scale is Scale.CHOICE and len(choices) < _FEWEST_CHOICES:
        yield Fault(f"{path}.choices", f"must have at least {_FEWEST_CHOICES} entries")
    if item.scale is not Scale.CHOICE and item.choices is not None:
        yield Fault(f"{path}.choices", "go with the scale choice")
    for number, choice in enumerate(choices):
        yield from _missing(choice.text, item.text, f"{path}.choices.{number}.text", "its item")
    if item.reverse and item.scale in (Scale.CHOICE, Scale.TEXT):
        yield Fault(f"{path}.reverse", "must be false: the scale has no favourable side")


def _of_the_words(document: InstrumentDocument) -> Iterator[Fault]:
    asked = {item.scale for item in document.items}
    for scale, points in (document.scale_texts or {}).items():
        path = f"scale_texts.{scale}"
        if scale not in POINTS:
            yield Fault(path, "names no points of its own: an item's choices stand with the item")
        elif scale not in asked:
            yield Fault(path, "is a scale that no item has")
        elif len(points) != POINTS[scale]:
            yield Fault(path, f"must have {POINTS[scale]} entries, one for each point")
        for number, point in enumerate(points):
            if point.keys() != points[0].keys():
                yield Fault(f"{path}.{number}", "must be in the languages of the first point")


def _missing(texts: Mapping[str, str], than: Mapping[str, str], path: str, whose: str) -> Iterator[Fault]:
    for language in sorted(than.keys() - texts.keys()):
        yield Fault(path, f"is missing in {language}, a language of {whose}")
