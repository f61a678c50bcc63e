"""Codes as a document to be printed and cut up: eight cards to a page, each with its address as a QR code.

The page is US Letter; what is on it also fits on A4, printed at its own size. The library that draws is imported when
the first sheet is asked for: a service at rest does not have to pay for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from climate_survey_api.access_codes.rules import MadeCode
from climate_survey_api.access_codes.sheets.wording import Words, readable, shown, words_in
from climate_survey_api.administrations.rules import Unit

if TYPE_CHECKING:
    from reportlab.graphics.barcode.qrencoder import QRCode
    from reportlab.pdfgen.canvas import Canvas

_PAGE = _, _HEIGHT = 612, 792
_MARGIN = 36
"""Of 12.7 mm: more than printers need, and enough for a page of the other size."""
_COLUMNS, _ROWS = 2, 4
_CARD = _CARD_WIDTH, _CARD_HEIGHT = 270, 180
_PADDING = 10
_SQUARE = 108
"""Of the QR code with the four light modules around it that a reader needs (ISO/IEC 18004): 38 mm."""
_QUIET = 4
_SMALL = 7.5
_PLAIN, _BOLD, _CODE = "Helvetica", "Helvetica-Bold", "Courier-Bold"
_TEXT_WIDTH = _CARD_WIDTH - _SQUARE - 2 * _PADDING - 6


@dataclass(frozen=True, slots=True)
class Heading:
    """What every card says alike."""

    survey: str
    unit: Unit
    closes_at: datetime
    """Local to the service."""
    languages: Sequence[str]


def cards_of(codes: Sequence[MadeCode], heading: Heading, *, address_of: str, compressed: bool = True) -> bytes:
    """The document, as PDF; `address_of` is what an address begins with.

    Each code is drawn in hundreds of small pieces, so it is to be called in a thread.
    """
    from reportlab.pdfgen.canvas import Canvas

    written = BytesIO()
    canvas = Canvas(written, pagesize=_PAGE, pageCompression=int(compressed))
    canvas.setTitle("Access codes")
    canvas.setAuthor("Rapport")
    words = words_in(heading.languages, heading.unit.respondent_group, heading.closes_at)
    survey = readable(heading.survey, " · ".join(said.survey for said in words))
    school = readable(heading.unit.school_name or heading.unit.school_id, heading.unit.school_id)
    squares = _Squares()
    per_page = _COLUMNS * _ROWS
    for place, made in enumerate(codes):
        if place % per_page == 0:
            if place:
                canvas.showPage()
            _draw_cuts(canvas)
        row, column = divmod(place % per_page, _COLUMNS)
        canvas.saveState()
        canvas.translate(_MARGIN + column * _CARD_WIDTH, _HEIGHT - _MARGIN - (row + 1) * _CARD_HEIGHT)
        address = f"{address_of}{made.code}"
        _draw_square(canvas, squares.of(address))
        _draw_text(canvas, made, address, survey, words)
        _draw_whose(canvas, school, words)
        canvas.restoreState()
    canvas.save()
    return written.getvalue()


def _draw_cuts(canvas: Canvas) -> None:
    """Dashes around every card: where to cut."""
    canvas.saveState()
    canvas.setDash(2, 4)
    canvas.setStrokeGray(0.55)
    canvas.setLineWidth(0.5)
    left, bottom = _MARGIN, _HEIGHT - _MARGIN - _ROWS * _CARD_HEIGHT
    right, top = _MARGIN + _COLUMNS * _CARD_WIDTH, _HEIGHT - _MARGIN
    canvas.lines([(left, y, right, y) for y in range(bottom, top + 1, _CARD_HEIGHT)])
    canvas.lines([(x, bottom, x, top) for x in range(left, right + 1, _CARD_WIDTH)])
    canvas.restoreState()


class _Squares:
    """Makes the QR codes of addresses that differ in their last characters alone."""

    def __init__(self) -> None:
        self._mask: int | None = None

    def of(self, address: str) -> QRCode:
        """The QR code of an address; it can be read with an eighth of it spoilt."""
        from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

        made = QRCode(None, QRErrorCorrectLevel.M)
        made.addData(address)
        made.version = made.calculate_version()
        if self._mask is None:
            # Of eight masks each can be read. What suits the first suits all, and looking means making all eight.
            self._mask = made.getBestMaskPattern()
        made.makeImpl(False, self._mask)
        return made


def _draw_square(canvas: Canvas, square: QRCode) -> None:
    """Its dark modules, in runs along each row."""
    count = square.getModuleCount()
    canvas.saveState()
    canvas.translate(_PADDING / 2, _CARD_HEIGHT - _PADDING - _SQUARE)
    canvas.scale(_SQUARE / (count + 2 * _QUIET), _SQUARE / (count + 2 * _QUIET))
    canvas.addLiteral(" ".join(_runs(square, count)))
    canvas.restoreState()


def _runs(square: QRCode, count: int) -> Iterator[str]:
    """As PDF operations, in whole numbers: written by the library's own path they take as long as all else."""
    for row in range(count):
        start = None
        for column in range(count + 1):
            is_dark = column < count and square.isDark(row, column)
            if is_dark and start is None:
                start = column
            elif not is_dark and start is not None:
                yield f"{_QUIET + start} {_QUIET + count - 1 - row} {column - start} 1 re"
                start = None
    yield "f"


def _draw_text(canvas: Canvas, made: MadeCode, address: str, survey: str, words: Sequence[Words]) -> None:
    left: int = _PADDING + _SQUARE
    y: float = _CARD_HEIGHT - _PADDING - 12
    y = _draw_lines(canvas, left, y, survey, font=_BOLD, size=10, most=2)
    canvas.setFont(_CODE, 16.5)
    canvas.drawString(left, y - 8, made.code)
    y -= 24
    for said in words:
        y = _draw_lines(canvas, left, y, said.how, font=_PLAIN, size=_SMALL, most=3)
        y = _draw_lines(canvas, left, y, said.until, font=_BOLD, size=_SMALL, most=2) - 3
    _draw_fitting(canvas, address, 24 if made.recipient is not None else 14, size=9)
    if made.recipient is not None:
        _draw_fitting(canvas, shown(made.recipient), 11, size=8)


def _draw_whose(canvas: Canvas, school: str, words: Sequence[Words]) -> None:
    """Below the square: the school and the group, so that nobody hands out the wrong cards."""
    x, width = _PADDING, _SQUARE - _PADDING
    y = _draw_lines(canvas, x, _CARD_HEIGHT - _PADDING - _SQUARE - 4, school, font=_BOLD, size=8, most=2, width=width)
    group = " · ".join(said.group for said in words)
    _draw_lines(canvas, x, y, group, font=_PLAIN, size=_SMALL, most=1, width=width)


def _draw_lines(
    canvas: Canvas, x: float, y: float, text: str, *, font: str, size: float, most: int, width: float = _TEXT_WIDTH
) -> float:
    """The text in lines as wide as there is room, cut off with dots; where the next line goes."""
    from reportlab.lib.utils import simpleSplit

    lines = simpleSplit(text, font, size, width)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} …"]
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawString(x, y, _cut(canvas, line, font, size, width))
        y -= size * 1.2
    return y


def _cut(canvas: Canvas, line: str, font: str, size: float, width: float) -> str:
    """As much of a line as fits: a word, such as an id, may be longer than any line."""
    if canvas.stringWidth(line, font, size) <= width:
        return line
    kept = line.removesuffix(" …")
    while canvas.stringWidth(f"{kept}…", font, size) > width:
        kept = kept[:-1]
    return f"{kept}…"


def _draw_fitting(canvas: Canvas, text: str, y: float, *, size: float) -> None:
    """One line across the card, as small as it must be to fit."""
    width = _CARD_WIDTH - 2 * _PADDING
    taken = canvas.stringWidth(text, _PLAIN, size)
    canvas.setFont(_PLAIN, size if taken <= width else size * width / taken)
    canvas.drawString(_PADDING, y, text)
