"""A batch as an answer: CSV, or a document that is drawn when it is sent.

Drawing takes seconds, and by then the batch is committed: until it is, nobody else would get to write.
"""

import asyncio
from datetime import tzinfo
from typing import Any

from fastapi import Response
from starlette.types import Receive, Scope, Send

from climate_survey_api.access_codes.operations.making import MadeBatch
from climate_survey_api.access_codes.sheets.cards import Heading, cards_of
from climate_survey_api.access_codes.sheets.rows import csv_of
from shared.http.headers import VARY, told

CSV = "text/csv"
PDF = "application/pdf"

_BATCH_ID = "Batch-Id"
_SAVED_AS = 'attachment; filename="access-codes.{}"'
_ROW = "code,url\r\nRK4T-9X2M-7HDP,https://surveys.example.org/s/RK4T-9X2M-7HDP\r\n"
MADE: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The codes, now and never again, in the order of `recipients` where there are any.",
        "content": {
            CSV: {"schema": {"type": "string"}, "example": _ROW},
            PDF: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.4 …"},
        },
        "headers": {
            _BATCH_ID: {
                "description": "The batch, by which these codes can be voided.",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
                "example": "7b0e4f0e-6a55-4f55-9a3c-1d1f6f9d5a10",
            },
            "Content-Disposition": {
                "description": "The name to save it under.",
                "required": True,
                "schema": {"type": "string"},
                "example": _SAVED_AS.format("csv"),
            },
            **told(VARY),
        },
    }
}
"""How OpenAPI tells of it."""


def answer_of(batch: MadeBatch, form: str, *, address_of: str, zone: tzinfo) -> Response:
    """The batch in one of the two forms. It is not kept on its way: the service says so of all its answers."""
    headers = {
        _BATCH_ID: str(batch.batch_id),
        "Content-Disposition": _SAVED_AS.format("pdf" if form == PDF else "csv"),
        VARY: "Accept",
    }
    if form == PDF:
        return _Drawn(batch, headers, address_of, zone)
    return Response(csv_of(batch.codes, address_of=address_of), 201, headers, CSV)


class _Drawn(Response):
    """Cards, drawn in a thread while the service answers others."""

    def __init__(self, batch: MadeBatch, headers: dict[str, str], address_of: str, zone: tzinfo) -> None:
        super().__init__(None, 201, headers, PDF)
        self._batch, self._told, self._address_of, self._zone = batch, headers, address_of, zone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Draw them, then send them: what fails in between is a refusal, and the batch stands in the list."""
        survey = self._batch.administration
        closes_at = survey.closes_at.astimezone(self._zone)
        heading = Heading(survey.name, self._batch.unit, closes_at, survey.languages)
        drawn = await asyncio.to_thread(cards_of, self._batch.codes, heading, address_of=self._address_of)
        await Response(drawn, 201, self._told, PDF)(scope, receive, send)
