"""Codes as CSV, for whoever prints or mails them himself."""

import csv
from collections.abc import Sequence
from io import StringIO

from climate_survey_api.access_codes.rules import MadeCode
from shared.http.spreadsheets import cell


def csv_of(codes: Sequence[MadeCode], *, address_of: str) -> str:
    """A row per code, in the order in which they were asked for: `code,url`, and `recipient` where there are any.

    `address_of` is what an address begins with; the code comes behind it.
    """
    named = any(code.recipient is not None for code in codes)
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(["code", "url", "recipient"] if named else ["code", "url"])
    for made in codes:
        row = [made.code, f"{address_of}{made.code}"]
        writer.writerow([*row, cell(made.recipient)] if named else row)
    return written.getvalue()
