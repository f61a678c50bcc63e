"""What all pages of a process have in common: where they lie, whom they keep out, in whose time they write dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import urlsplit

from fastapi import Request

from climate_survey_api.doors import Doors
from climate_survey_api.pages.catalogue import Speaker, catalogues
from climate_survey_api.pages.languages import tongue
from climate_survey_api.pages.rendering import Reader
from shared.events.surveys import RespondentGroup


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the routes of the pages are made with."""

    public_url: str
    doors: Doors
    """Slow down those who guess codes."""
    calls: Doors
    """Keep one address from asking for an adult in everybody's name."""
    zone: tzinfo

    @property
    def base(self) -> str:
        """The path that our addresses begin with, where a proxy puts us below one."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us by a connection that nobody else can read."""
        return urlsplit(self.public_url).scheme == "https"

    async def welcome(self, request: Request) -> None:
        """A dependency that refuses whoever has guessed too often. Raises: KnocksTooOften (429)."""
        # Before a session: whoever is made to wait holds no transaction meanwhile.
        self.doors.ensure_welcome(request)

    def reader_of(
        self,
        request: Request,
        languages: Sequence[str] = (),
        *,
        remembered: str = "",
        group: RespondentGroup | None = None,
    ) -> Reader:
        """Who reads, as his browser says: of the languages offered the one he asked for, before, or in general.

        `group` is whose form it is; None: anybody may read this.
        """
        known = tuple(catalogues())
        offered = tuple(languages) or known
        asked_for = request.query_params.get("lang", "")
        accepted = request.headers.get("accept-language", "")
        chosen = tongue(offered, known, wanted=asked_for or remembered, accepted=accepted)
        explicit = chosen.asked.lower() == (asked_for or remembered).lower()
        return Reader(Speaker(chosen, self.zone, group), offered, self.base, explicit)
