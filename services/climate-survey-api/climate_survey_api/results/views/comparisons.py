"""Results held against something: an earlier wave, and those who were invited."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from uuid import UUID

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.instruments.document import DocumentItem
from climate_survey_api.instruments.rules import POINTS
from climate_survey_api.instruments.views import InstrumentView, read_instrument
from climate_survey_api.results.errors import EarlierWaveNotCounted, EarlierWaveNotFound, ResultsNotCounted
from climate_survey_api.results.measures.cautions import Caution, CautionKind, of_the_response
from climate_survey_api.results.measures.comparison import change_of_mean, change_of_share, share_against_frame
from climate_survey_api.results.measures.sheets import SheetRow, ValueRow, unpacked
from climate_survey_api.results.measures.tally import UNKNOWN
from climate_survey_api.results.views.answers import Found, Told
from climate_survey_api.results.views.sheets import (
    By,
    Place,
    Wanted,
    counted_administration,
    packed_rows_by_place,
    values_by_place,
)
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup, SurveyFacet

Reworded = frozenset[tuple[RespondentGroup, str]]
"""Groups and dimensions."""


async def earlier_wave(session: ReadSession, caller: Caller, administration_id: UUID) -> Administration:
    """The survey to compare with. Raises: EarlierWaveNotFound (404), EarlierWaveNotCounted (409)."""
    try:
        return await counted_administration(session, caller, administration_id)
    except AdministrationNotFound as unknown:
        raise EarlierWaveNotFound from unknown
    except ResultsNotCounted as early:
        raise EarlierWaveNotCounted(early.detail) from early


async def change(
    session: ReadSession, caller: Caller, before: Administration, there: Administration, wanted: Wanted
) -> Iterator[Found]:
    """By how much each dimension changed that both waves asked about, by school (the district's first) and group."""
    was = await packed_rows_by_place(session, caller, before, wanted, by=By.DIMENSION, facet=None)
    now = await packed_rows_by_place(session, caller, there, wanted, by=By.DIMENSION, facet=None)
    reworded = await _reworded(session, before, there)
    return (_changes(place, was[place], rows, reworded) for place, rows in now.items() if place in was)


async def _reworded(session: ReadSession, before: Administration, there: Administration) -> Reworded:
    """The dimensions, by group, that the two waves did not ask about with the same items."""
    instruments = [
        await read_instrument(session, wave.district_id, wave.instrument_id, wave.version) for wave in (before, there)
    ]
    asked = [
        {(group, dimension): _items_of(instrument.items, group, dimension) for group, dimension in _parts(instrument)}
        for instrument in instruments
    ]
    return frozenset(part for part in asked[0].keys() & asked[1].keys() if asked[0][part] != asked[1][part])


def _parts(instrument: InstrumentView) -> set[tuple[RespondentGroup, str]]:
    return {(group, item.dimension) for item in instrument.items for group in item.respondent_groups}


def _items_of(items: Sequence[DocumentItem], group: RespondentGroup, dimension: str) -> frozenset[tuple[object, ...]]:
    """What makes the same question, whatever other languages it was put in."""
    return frozenset(
        (item.item_id, item.scale, item.reverse, item.text.get("en"))
        for item in items
        if item.dimension == dimension and group in item.respondent_groups and item.scaled and item.scale in POINTS
    )


def _changes(place: Place, was: bytes, now: bytes, reworded: Reworded) -> Found:
    earlier = {row.dimension: row for row in unpacked(was)}
    pairs = [(earlier[row.dimension], row) for row in unpacked(now) if row.dimension in earlier]
    told = [_changed(place, before, after, reworded) for before, after in pairs]
    return Found(told, [asdict(caution) for caution in _cautions(place, pairs, reworded)])


def _cautions(place: Place, pairs: Sequence[tuple[SheetRow, SheetRow]], reworded: Reworded) -> Iterator[Caution]:
    group = place.respondent_group
    for wave, rows in zip(("earlier", "later"), zip(*pairs, strict=True), strict=False):
        for caution in of_the_response(place.school_id, group, rows):
            yield replace(caution, detail=f"Of the {wave} survey: {caution.detail}")
    for before, after in pairs:
        if before.sums is None or after.sums is None:
            continue
        about = place.school_id, group, after.dimension
        if (group, after.dimension) in reworded:
            detail = "The two surveys did not ask about this with the same items: there is no change to speak of."
            yield Caution(CautionKind.ITEMS_DIFFER, *about, detail)
        elif before.schools != after.schools:
            detail = f"The earlier figures take in {before.schools} schools, the later ones {after.schools}."
            yield Caution(CautionKind.SCHOOLS_DIFFER, *about, detail)


def _changed(place: Place, before: SheetRow, after: SheetRow, reworded: Reworded) -> Told:
    told: Told = {
        "school_id": place.school_id,
        "respondent_group": place.respondent_group.value,
        "dimension": after.dimension,
        **dict.fromkeys(_OF_CHANGE),
        "same_items": (place.respondent_group, after.dimension) not in reworded,
        "suppressed": before.sums is None or after.sums is None,
    }
    if before.sums is None or after.sums is None:
        return told
    told.update(
        favorable_from=before.sums.favorable / before.sums.answers,
        favorable=after.sums.favorable / after.sums.answers,
        schools_counted_from=before.schools,
        schools_counted=after.schools,
    )
    if not told["same_items"]:
        return told
    share = change_of_share(before.sums, after.sums, before.population, after.population)
    told.update(favorable_change=share.value, favorable_low=share.low, favorable_high=share.high)
    if before.has_points and len(before.sums.histogram) == len(after.sums.histogram):
        mean = change_of_mean(before.sums, after.sums, before.population, after.population)
        if mean is not None:
            told.update(mean_change=mean.value, mean_low=mean.low, mean_high=mean.high)
    return told


_OF_CHANGE = (
    *("favorable_from", "favorable", "favorable_change", "favorable_low", "favorable_high"),
    *("mean_change", "mean_low", "mean_high", "schools_counted_from", "schools_counted"),
)


async def representativeness(
    session: ReadSession, caller: Caller, there: Administration, wanted: Wanted
) -> Iterator[Found]:
    """How respondents are composed beside those invited, by facet, school (the district's first), group and value."""
    by_facet = [(facet, await values_by_place(session, caller, there, wanted, facet=facet)) for facet in there.facets]
    return (
        Found(list(_composed(place, facet, values, there)))
        for facet, by_place in by_facet
        for place, values in by_place.items()
    )


def _composed(place: Place, facet: SurveyFacet, values: Sequence[ValueRow], there: Administration) -> Iterator[Told]:
    framed = None if any(row.frame is None for row in values) else sum(row.frame or 0 for row in values)
    invited = _invited(place, there)
    for row in values:
        told: Told = {
            "school_id": place.school_id,
            "respondent_group": place.respondent_group.value,
            "facet": facet.value,
            "value": row.value,
            "n": row.n,
            "share": None,
            **dict.fromkeys(("frame", "frame_share", "difference", "low", "high")),
            "suppressed": row.n is None,
        }
        if row.n is not None and row.respondents:
            told["share"] = row.n / row.respondents
            # Of a hidden value not even how many were invited: that may be one child.
            told["frame"] = row.frame
            told["frame_share"] = row.frame / framed if framed and row.frame is not None else None
            # Nobody is invited as one who did not say, so there is nothing to hold those against.
            if framed and row.frame is not None and row.value != UNKNOWN:
                found = share_against_frame(row.n, row.respondents, row.frame, framed, invited)
                told.update(difference=found.value, low=found.low, high=found.high)
        yield told


def _invited(place: Place, there: Administration) -> int | None:
    """How many were invited at a school; of the district it depends on which schools are in the figures."""
    unit = there.unit(place.school_id, place.respondent_group) if place.school_id is not None else None
    return unit.invited if unit else None
