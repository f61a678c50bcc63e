"""What a survey found, row by row: by dimension or item, whole or by the values of a facet."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from climate_survey_api.administrations.rules import Administration
from climate_survey_api.results.measures.cautions import Caution, CautionKind, cautions
from climate_survey_api.results.measures.figures import MISSING_RULE, figures
from climate_survey_api.results.measures.sheets import SheetRow, unpacked
from climate_survey_api.results.measures.weights import weighted
from climate_survey_api.results.views.answers import Found, Told
from climate_survey_api.results.views.sheets import By, Place, Wanted, packed_rows_by_place
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.surveys import SurveyFacet


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a survey's results."""

    by: By
    wanted: Wanted
    facet: SurveyFacet | None
    weighted: SurveyFacet | None


async def results(session: ReadSession, caller: Caller, there: Administration, asked: Asked) -> Iterator[Found]:
    """The figures asked for. Shape: the district's rows first, then by school; by group; as the instrument asks."""
    rows = await packed_rows_by_place(session, caller, there, asked.wanted, by=asked.by, facet=asked.facet)
    strata: Mapping[Place, bytes] = {}
    if asked.weighted is not None:
        strata = await packed_rows_by_place(session, caller, there, asked.wanted, by=asked.by, facet=asked.weighted)
    return (_found(there, asked, place, unpacked(rows[place]), strata.get(place)) for place in rows)


def _found(there: Administration, asked: Asked, place: Place, rows: Sequence[SheetRow], strata: bytes | None) -> Found:
    schools_asked = sum(unit.respondent_group is place.respondent_group for unit in there.units)
    noted = list(cautions(place.school_id, place.respondent_group, rows, schools_asked=schools_asked))
    told = [_told(place, row, asked) for row in rows]
    if asked.weighted is not None:
        noted += _weigh(place, rows, told, unpacked(strata) if strata else (), asked.weighted)
    return Found(told, [asdict(caution) for caution in noted])


def columns(asked: Asked) -> tuple[str, ...]:
    """What each row has, as a table's columns."""
    keys = ("school_id", "respondent_group", *(("value",) if asked.facet else ()), "dimension")
    keys += ("item_id",) if asked.by is By.ITEM else ()
    return (*keys, *_MEASURED, *(_WEIGHTED if asked.weighted else ()), "suppressed")


_MEASURED = (
    *("n", "answers", "favorable", "low", "high", "method", "mean", "mean_low", "mean_high", "mean_method"),
    *("margin", "histogram", "complete", "alpha", "alpha_items", "alpha_missing", "alpha_withheld"),
    *("response_rate", "schools_counted"),
)
_WEIGHTED = ("favorable_weighted", "mean_weighted", "weighted_by", "weighted_why_not")


def _told(place: Place, row: SheetRow, asked: Asked) -> Told:
    made = figures(row)
    everything = {
        "school_id": place.school_id,
        "respondent_group": place.respondent_group.value,
        "value": row.value,
        "dimension": row.dimension,
        "item_id": row.item_id,
        "n": made.n,
        "answers": made.answers,
        "favorable": made.favorable,
        "low": made.share.low,
        "high": made.share.high,
        "method": made.share.method,
        "mean": made.mean,
        "mean_low": made.mean_reach.low,
        "mean_high": made.mean_reach.high,
        "mean_method": made.mean_reach.method,
        "margin": made.margin,
        "histogram": made.histogram,
        "complete": made.complete,
        "alpha": made.alpha,
        "alpha_items": row.of_items if row.sums is not None else None,
        "alpha_missing": MISSING_RULE,
        "alpha_withheld": made.alpha_withheld,
        "response_rate": made.response_rate,
        "schools_counted": row.schools if row.sums is not None else None,
        "suppressed": row.sums is None,
    }
    return {name: everything.get(name) for name in columns(asked)}


def _weigh(
    place: Place, rows: Sequence[SheetRow], told: Sequence[Told], strata: Sequence[SheetRow], facet: SurveyFacet
) -> Iterator[Caution]:
    """Put the weighted figures beside the raw ones; what is to be known where there are none."""
    by_row: defaultdict[tuple[str, str | None], list[SheetRow]] = defaultdict(list)
    for stratum in strata:
        by_row[stratum.dimension, stratum.item_id].append(stratum)
    for row, answer in zip(rows, told, strict=True):
        found = weighted(row, by_row[row.dimension, row.item_id])
        answer.update(
            favorable_weighted=found.favorable,
            mean_weighted=found.mean,
            weighted_by=facet.value,
            weighted_why_not=found.why_not,
        )
        if found.why_not and row.sums is not None and row.value is None:
            detail = f"Not weighted by {facet.value}: {found.why_not}."
            yield Caution(CautionKind.NOT_WEIGHTED, place.school_id, place.respondent_group, row.dimension, detail)
