"""Who keeps the books, for one request, and how what he did is answered."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from fastapi import Response

from shared.auth import Caller
from shared.db import ReadSession
from shared.http.etags import etag
from shared.http.runtime import Runtime
from training_registry.changes import OnOfficersChanged
from training_registry.completions.operations.keeping import Clerk
from training_registry.completions.views.finding import visible_completion
from training_registry.completions.views.records import CompletionView


@dataclass(frozen=True, slots=True)
class Clerks:
    """What every clerk of this process works with."""

    zone: tzinfo
    public_url: str
    on_change: OnOfficersChanged

    def clerk(self, caller: Caller, at_hand: Runtime, now: datetime) -> Clerk:
        """This caller, keeping the books now."""
        return Clerk(caller, now, self.zone, self.public_url, at_hand.ring, self.on_change)


async def as_it_stands(session: ReadSession, completion_id: UUID, clerk: Clerk, response: Response) -> CompletionView:
    """The completion that was changed, and its version."""
    view, version = await visible_completion(session, clerk.caller, completion_id, officer_ids=None, ring=clerk.ring)
    response.headers["ETag"] = etag(version)
    return view
