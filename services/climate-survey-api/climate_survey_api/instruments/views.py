"""What can be read of instruments: what a version asks, and which there are."""

from collections.abc import Mapping
from functools import cached_property, lru_cache

import orjson
from pydantic import ConfigDict, Field
from sqlalchemy import select

from climate_survey_api.instruments.catalogue import shipped_instruments
from climate_survey_api.instruments.document import EXAMPLE, InstrumentDocument
from climate_survey_api.instruments.errors import InstrumentNotFound
from climate_survey_api.instruments.kept import Kept
from climate_survey_api.instruments.models import instrument_versions
from climate_survey_api.instruments.rules import Item
from shared.db import ReadSession

_V = instrument_versions.c
_MOST_KEPT = 200
"""Parsed versions kept; one of a hundred items takes some 0.2 MB."""


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


@lru_cache(maxsize=1)
def shipped_views() -> Mapping[str, Mapping[int, InstrumentView]]:
    """What is shipped, by id and version."""
    return {
        instrument_id: {number: _at_version(document.to_json(), number) for number, document in versions.items()}
        for instrument_id, versions in shipped_instruments().items()
    }


def _at_version(document: str, version: int) -> InstrumentView:
    return InstrumentView.model_validate(orjson.loads(document) | {"version": version})
