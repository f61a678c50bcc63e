"""How what was said under the Protection of Pupil Rights Amendment stands in a column, and is read from it."""

from datetime import date

import orjson

from climate_survey_api.administrations.rules import ConsentMode, Ppra


def ppra_text(ppra: Ppra | None) -> str | None:
    """What is stored of it."""
    return orjson.dumps(ppra).decode() if ppra is not None else None


def ppra_of(text: str | None) -> Ppra | None:
    """What `ppra_text` made this text of."""
    if text is None:
        return None
    told = orjson.loads(text)
    consent, notice_on = ConsentMode(told.pop("consent")), date.fromisoformat(told.pop("notice_on"))
    return Ppra(notice_on, consent, **told)
