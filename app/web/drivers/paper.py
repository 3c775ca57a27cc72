"""A receipt on paper: a PDF whose bytes depend on the session alone."""

import io
import unicodedata
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.presenters.local_times import local_time
from app.presenters.sessions import ERASED
from app.services.receipts import Receipt
from app.web.drivers import stages
from app.web.drivers.lines import bill, duration

_PLAIN: Final = "Vera"
_BOLD: Final = "VeraBd"
_QUIET: Final = colors.HexColor("#55625a")
_LINE: Final = colors.HexColor("#d5ddd7")
_GREEN: Final = colors.HexColor("#14532d")
_MARGIN: Final = 22 * mm
_LABEL: Final = 52 * mm
_VALUE: Final = A4[0] - 2 * _MARGIN - _LABEL - 12
"""All that is left of the width, but for the frame's own six points on each side."""

Rows = list[tuple[str, str]]


def pdf(receipt: Receipt) -> bytes:
    """Write the receipt of a stay that is over."""
    paper = io.BytesIO()
    document = SimpleDocTemplate(
        paper,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=f"Parking receipt {receipt.facts.session.session_code}",
        author=printable(receipt.operator_name),
        subject=printable(f"Parking at {receipt.lot_name}"),
        creator="Park Graph",
        lang="en",
        invariant=1,  # no time of printing, no random id
    )
    document.build(_parts(receipt), onFirstPage=partial(_date, receipt))
    return paper.getvalue()


def printable(text: str) -> str:
    """Replace what the font has no glyph for: by the letter without its accents, else by a question mark."""
    return "".join(letter if _has(letter) else _without_accents(letter) for letter in text)


def _date(receipt: Receipt, canvas: Canvas, _document: object) -> None:
    """Date the paper by the end of the stay."""
    at = _ended_at(receipt).astimezone(UTC)
    canvas.setDateFormatter(lambda *_printed: f"D:{at:%Y%m%d%H%M%S}Z")


def _ended_at(receipt: Receipt) -> datetime:
    return receipt.facts.session.ended_at or receipt.now


def _without_accents(letter: str) -> str:
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if _has(part))
    return plain or "?"


def _has(letter: str) -> bool:
    return ord(letter) in _fonts().face.charToGlyph


@cache
def _fonts() -> TTFont:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    font = pdfmetrics.getFont(_PLAIN)
    if not isinstance(font, TTFont):
        raise TypeError(f"{_PLAIN} is no TrueType font")
    return font


def _parts(receipt: Receipt) -> list[Flowable]:
    session, zone = receipt.facts.session, ZoneInfo(receipt.time_zone)
    stay = [
        ("Lot", receipt.lot_name),
        ("Address", receipt.address or ""),
        ("Operator", receipt.operator_name),
        ("Plate", receipt.facts.plate or ERASED),
        ("Started", local_time(session.started_at, zone)),
        ("Ended", local_time(_ended_at(receipt), zone)),
        ("Duration", duration(receipt)),
        ("Session code", session.session_code),
        ("Receipt number", str(session.id)),
    ]
    return [
        *_head(receipt),
        _table([row for row in stay if row[1]]),
        Spacer(0, 6 * mm),
        _table(bill(receipt)),
        _table([("Total", str(receipt.price_so_far))], font=_BOLD),
        Spacer(0, 6 * mm),
        _table(_payments(receipt)),
    ]


def _head(receipt: Receipt) -> list[Flowable]:
    head: list[Flowable] = [_paragraph("Parking receipt", font=_BOLD, size=20, color=_GREEN)]
    if receipt.is_sandbox:
        words = "Sandbox, no money moved. This receipt gives nobody the right to park anywhere."
        head.append(_paragraph(words, font=_BOLD, size=10, color=colors.HexColor("#8a5a00")))
    return [*head, Spacer(0, 5 * mm)]


def _payments(receipt: Receipt) -> Rows:
    back, disputed = stages.refunded(receipt), stages.disputed(receipt)
    # While a bank looks into a payment, nobody knows what was paid in the end.
    is_settled = not back.is_zero and disputed.is_zero
    amounts = {
        "Taken from the card": stages.captured(receipt),
        "Given back": back,
        "Taken back by your bank": disputed,
    }
    told = [(label, str(amount)) for label, amount in amounts.items() if not amount.is_zero]
    if is_settled:
        told.append(("Paid in the end", str(stages.kept(receipt))))
    return [("Payment", stages.words(receipt).title), *told]


def _table(rows: Rows, *, font: str = _PLAIN) -> Table:
    cells = [[_paragraph(label, color=_QUIET), _paragraph(value, font=font)] for label, value in rows]
    style = TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ]
    )
    return Table(cells, colWidths=[_LABEL, _VALUE], style=style, hAlign="LEFT")


def _paragraph(
    text: str, *, font: str = _PLAIN, size: float = 10, color: colors.Color = colors.black
) -> Paragraph:
    style = ParagraphStyle("line", fontName=font, fontSize=size, leading=size * 1.4, textColor=color)
    return Paragraph(escape(printable(text)), style)
