"""What can be read of instruments: what a version asks, and which there are."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, select

from climate_survey_api.instruments.catalogue import shipped_instruments
from climate_survey_api.instruments.document import EXAMPLE, DocumentItem, InstrumentDocument
from climate_survey_api.instruments.errors import InstrumentNotFound
from climate_survey_api.instruments.kept import Kept
from climate_survey_api.instruments.models import instrument_versions, instruments
from climate_survey_api.instruments.rules import Item, PpraArea
from climate_survey_api.instruments.scales import labels
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.surveys import RespondentGroup

_V = instrument_versions.c
_MOST_KEPT = 50
"""Parsed versions kept of each database, so that no answer waits for one to be parsed."""


class InstrumentView(InstrumentDocument):
    """A version of an instrument: what was sent when it was made, and its number."""

    version: int = Field(ge=1, description="Versions never change.")

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"version": 1}]})

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that every item can be asked in, whatever the title is written in."""
        texts = [item.text for item in self.items]
        texts += [choice.text for item in self.items for choice in item.choices or ()]
        return frozenset.intersection(*(frozenset(text) for text in texts))

    def points_of(self, item: DocumentItem) -> tuple[Mapping[str, str], ...]:
        """What each answer to an item from 1 up is called, by language; none with own words."""
        chosen = tuple(choice.text for choice in item.choices or ())
        return chosen or labels(item.scale, (self.scale_texts or {}).get(item.scale, ()))

    @cached_property
    def rules(self) -> tuple[Item, ...]:
        """Its items, as far as answers have to be read."""
        return tuple(
            Item(
                item_id=item.item_id,
                dimension=item.dimension,
                groups=frozenset(item.respondent_groups),
                scale=item.scale,
                reverse=item.reverse,
                ppra_area=item.ppra_area,
                choices=len(item.choices or ()),
                scaled=item.scaled,
            )
            for item in self.items
        )


class InstrumentSummary(BaseModel):
    """A version of an instrument without its items."""

    instrument_id: str
    version: int
    title: dict[str, str]
    languages: list[str] = Field(description="Those in which every item can be asked.")
    respondent_groups: list[RespondentGroup] = Field(description="Those that have a form of their own in it.")
    dimensions: list[str] = Field(description="In the order they are asked.")
    items: int = Field(description="How many, all forms together.")
    ppra_areas: list[PpraArea] = Field(description="Areas of 20 USC 1232h(b) that items touch; empty: none does.")
    is_shipped: bool = Field(description="Whether every district knows it; otherwise it is the district's own.")
    recorded_at: Instant | None = Field(description="Null: it is shipped.")
    recorded_by: str | None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "instrument_id": "hallways",
                    "version": 1,
                    "title": EXAMPLE["title"],
                    "languages": ["en", "es"],
                    "respondent_groups": ["student"],
                    "dimensions": ["safety"],
                    "items": 1,
                    "ppra_areas": [],
                    "is_shipped": False,
                    "recorded_at": "2026-08-02T09:00:00Z",
                    "recorded_by": "a-1",
                }
            ]
        }
    )

    @classmethod
    def of(cls, view: InstrumentView, *, recorded_at: datetime | None = None, recorded_by: str | None = None) -> Self:
        """The summary of a version; one that nobody recorded is shipped."""
        groups = frozenset().union(*(item.groups for item in view.rules))
        areas = {item.ppra_area for item in view.rules}
        return cls(
            instrument_id=view.instrument_id,
            version=view.version,
            title=view.title,
            languages=sorted(view.languages),
            respondent_groups=[group for group in RespondentGroup if group in groups],
            dimensions=list(dict.fromkeys(item.dimension for item in view.rules)),
            items=len(view.items),
            ppra_areas=[area for area in PpraArea if area in areas],
            is_shipped=recorded_at is None,
            recorded_at=recorded_at,
            recorded_by=recorded_by,
        )


_kept: Kept[InstrumentView] = Kept(_MOST_KEPT)


async def read_instrument(session: ReadSession, district_id: str, instrument_id: str, version: int) -> InstrumentView:
    """A version that is shipped or of the district's own; it is parsed once per process. Raises: InstrumentNotFound.

    Not to be asked for within the transaction that makes it, which may yet be taken back.
    """
    shipped = shipped_views().get(instrument_id)
    if shipped is not None:
        if version not in shipped:
            raise InstrumentNotFound
        return shipped[version]
    key = (district_id, instrument_id, version)
    found = _kept.find(session, key)
    if found is None:
        its = (_V.district_id == district_id) & (_V.instrument_id == instrument_id) & (_V.version == version)
        document = (await session.execute(select(_V.document).where(its))).scalar_one_or_none()
        if document is None:
            raise InstrumentNotFound
        found = _at_version(document, version)
        _kept.keep(session, key, found)
    return found


def items_of(view: InstrumentView) -> tuple[Item, ...]:
    """Its items in the order they are asked, as far as answers have to be read."""
    return view.rules


async def list_instruments(
    session: ReadSession, district_id: str, *, after: str | None, limit: int
) -> list[InstrumentSummary]:
    """The newest version of each instrument behind this id: those that are shipped, then the district's own by id."""
    shipped = [InstrumentSummary.of(versions[max(versions)]) for versions in shipped_views().values()]
    ids = [summary.instrument_id for summary in shipped]
    if after in ids:
        shipped, after = shipped[ids.index(after) + 1 :], None
    elif after is not None:
        shipped = []
    i = instruments.c
    newest = instruments.join(
        instrument_versions,
        (i.district_id == _V.district_id) & (i.instrument_id == _V.instrument_id) & (i.version == _V.version),
    )
    wanted = select(instrument_versions).select_from(newest).where(i.district_id == district_id)
    if after is not None:
        wanted = wanted.where(i.instrument_id > after)
    own = await session.execute(wanted.order_by(i.instrument_id).limit(max(0, limit - len(shipped))))
    return [*shipped[:limit], *(_summary_of(row) for row in own)]


async def versions_of(
    session: ReadSession, district_id: str, instrument_id: str, *, before: int | None, limit: int
) -> list[InstrumentSummary]:
    """The versions of an instrument before this one, newest first. Raises: InstrumentNotFound."""
    shipped = shipped_views().get(instrument_id)
    if shipped is not None:
        numbers = [number for number in sorted(shipped, reverse=True) if before is None or number < before]
        return [InstrumentSummary.of(shipped[number]) for number in numbers[:limit]]
    wanted = select(instrument_versions).where(_V.district_id == district_id, _V.instrument_id == instrument_id)
    if before is not None:
        wanted = wanted.where(_V.version < before)
    rows = (await session.execute(wanted.order_by(_V.version.desc()).limit(limit))).all()
    if not rows and before is None:
        raise InstrumentNotFound
    return [_summary_of(row) for row in rows]


def _summary_of(row: Row[Any]) -> InstrumentSummary:
    view = _at_version(row.document, row.version)
    return InstrumentSummary.of(view, recorded_at=row.recorded_at, recorded_by=row.recorded_by)


@lru_cache(maxsize=1)
def shipped_views() -> Mapping[str, Mapping[int, InstrumentView]]:
    """What is shipped, by id and version."""
    return {
        instrument_id: {number: _at_version(document.to_json(), number) for number, document in versions.items()}
        for instrument_id, versions in shipped_instruments().items()
    }


def _at_version(document: str, version: int) -> InstrumentView:
    return InstrumentView.model_validate(orjson.loads(document) | {"version": version})
