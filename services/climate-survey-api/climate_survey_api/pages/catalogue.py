"""What the pages themselves say, by language and to whom, and how they write dates. Pure once it is read."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

import orjson
from markupsafe import Markup, escape

from climate_survey_api.pages.languages import Tongue, direction
from shared.events.surveys import RespondentGroup

_FOLDER = Path(__file__).parent / "texts"


@cache
def catalogues() -> Mapping[str, dict[str, str]]:
    """Every text of the pages by language and name."""
    return {path.stem: orjson.loads(path.read_bytes()) for path in sorted(_FOLDER.glob("*.json"))}


@cache
def said_to(group: RespondentGroup | None, language: str) -> Mapping[str, str]:
    """The texts as they are said to one group: Spanish says tú to students, and families are asked about their child.

    What a group's own folder does not say otherwise, and all where nobody knows who reads, is said to everybody alike.
    """
    own = _FOLDER / str(group) / f"{language}.json"
    return catalogues()[language] | (orjson.loads(own.read_bytes()) if own.exists() else {})


@cache
def _escaped(group: RespondentGroup | None, language: str) -> Mapping[str, Markup]:
    """The same texts as they stand in a page; most of a page is said without a value put in."""
    return {name: escape(text) for name, text in said_to(group, language).items()}


class Speaker:
    """Says things to one reader, and marks what is said in another language than the page's."""

    def __init__(self, tongue: Tongue, zone: tzinfo, group: RespondentGroup | None = None) -> None:
        self.tongue = tongue
        self._zone = zone
        self._group = group
        self._texts = said_to(group, tongue.page)

    def say(self, name: str, **values: object) -> Markup:
        """A text of the pages, for the body of a page; what is put into it is escaped."""
        said = _escaped(self._group, self.tongue.page)[name]
        return self._marked(said.format(**values) if values else said, self.tongue.page)

    def plainly(self, name: str, **values: object) -> str:
        """The same as it is, for a title. Raises: KeyError for a text that there is none of."""
        text = self._texts[name]
        return text.format(**values) if values else text

    def has(self, name: str) -> bool:
        """Whether there is such a text."""
        return name in self._texts

    def pick(self, texts: Mapping[str, str]) -> Markup:
        """What is there in several languages: in the reader's, else in the page's, else in English, else in any."""
        for language in (self.tongue.asked, self.tongue.page, "en", *texts):
            if language in texts:
                return self._marked(escape(texts[language]), language)
        return Markup()

    def day(self, day: date) -> Markup:
        """A date; of a moment the one where the district is."""
        local = day.astimezone(self._zone).date() if isinstance(day, datetime) else day
        return Markup('<time datetime="{}">{}</time>').format(local, self._written(local))

    def moment(self, moment: datetime) -> Markup:
        """The date and the time of day, to the minute, with its zone: a district need not lie in the service's."""
        local = moment.astimezone(self._zone)
        clock = self.plainly(
            "time",
            hour12=local.hour % 12 or 12,
            hour24=f"{local.hour:02}",
            minute=f"{local.minute:02}",
            half=self.plainly("am" if local.hour < 12 else "pm"),  # noon
        )
        said = self.plainly("date_and_time", date=self._written(local), time=f"{clock} {local.tzname()}")
        return Markup('<time datetime="{}">{}</time>').format(local.replace(microsecond=0).isoformat(), said)

    def _written(self, day: date) -> str:
        month = self.plainly("months").split("|")[day.month - 1]
        return self.plainly("date", month=month, day=day.day, year=day.year)

    def _marked(self, said: Markup, language: str) -> Markup:
        if language == self.tongue.asked:
            return said
        return Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction(language), said)
