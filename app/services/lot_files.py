"""Read lists of lots: CSV with a line of column names, or a GeoJSON FeatureCollection of points.

What is wrong with one row is noted and the next row is read; only a file that is no list of lots is refused.
"""

import codecs
import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from app.domain.errors import BadRequest

CSV, GEOJSON = "text/csv", "application/geo+json"
"""The media types of lists of lots."""

NEEDED = ("external_id", "name", "lat", "lng", "type", "capacity", "time_zone", "currency")
"""The columns without which a file is no list of lots."""

WHOLE_ROW = "row"
"""What a fault names when it is not about one field."""

LIST_SEPARATOR = ";"
"""Between the entries of a cell that holds several."""

MOST_COLUMNS = 200
MOST_UNREADABLE = 1_000
"""Rows that can't be read before the whole file counts as none."""

_LONGEST_RECORD = 20
"""Lines that one record may run over inside quotation marks."""
_BYTES_PER_CONTAINER, _FEW = 16, 1_000
"""Lists and objects of GeoJSON are fewer: a feature's four take ten times as much. Many more would only cost
memory."""
_LISTED, _SHOWN = 10, 40
"""Columns that a refusal names, and characters of each."""
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_UNDECODED = re.compile("[\udc80-\udcff]")
_NO_FEATURE = "it is not a feature with a point"
_TOO_DEEP = "it is nested too deeply"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field of a row; GeoJSON has no lines, so there it is the number of the feature."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row's texts by the names of their columns."""

    line: int
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read: the columns that it speaks of, its rows, and the rows that can't be read."""

    columns: frozenset[str]
    rows: Sequence[Row]
    faults: Sequence[Fault]


def read(source: Path | bytes, *, media_type: str | None = None) -> Table:
    """Read a list of lots; raise BadRequest where it is none, or none of its media type."""
    content = source if isinstance(source, bytes) else _content(source)
    content = content.removeprefix(codecs.BOM_UTF8)
    if not content.strip():
        raise BadRequest("The file is empty.")
    is_json = content.lstrip().startswith(b"{")
    _require_announced(media_type, is_json=is_json)
    table = _features(content) if is_json else _lines(content)
    if not table.rows and not table.faults:
        raise BadRequest("The file holds no lots.")
    return table


def _require_announced(media_type: str | None, *, is_json: bool) -> None:
    if media_type == CSV and is_json:
        raise BadRequest(f"The file was sent as {CSV}, but is JSON. Send GeoJSON as {GEOJSON}.")
    if media_type == GEOJSON and not is_json:
        raise BadRequest(f"The file was sent as {GEOJSON}, but is no JSON object. Send a table as {CSV}.")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadRequest(f"{path} can't be read: {error.strerror}.") from None


def _lines(content: bytes) -> Table:
    # Bytes that are no UTF-8 survive as lone surrogates, so that one bad row does not cost the others.
    text = content.decode("utf-8", errors="surrogateescape")
    lines = _LINE_ENDS.split(text)
    taken, names = _record(lines, 0, width=None)
    columns = [name.strip().lower() for name in names or []]
    _require_fit(columns)
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, fields in _records(lines, taken, width=len(columns)):
        fault = _fault_of(fields, width=len(columns))
        if fault is not None:
            _note_unreadable(faults, line, fault)
        elif fields:
            rows.append(Row(line, dict(zip(columns, map(str.strip, fields), strict=True))))
    return Table(frozenset(columns), rows, faults)


def _require_fit(columns: Sequence[str]) -> None:
    _require_few(columns)
    repeated = sorted({repr(name[:_SHOWN]) for name in columns if name and columns.count(name) > 1})
    if repeated:
        raise BadRequest(f"The file has these columns twice: {', '.join(repeated[:_LISTED])}.")
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise BadRequest(f"The file lacks these columns: {', '.join(missing)}.")


def _require_few(columns: Collection[str]) -> None:
    if len(columns) > MOST_COLUMNS:
        raise BadRequest(f"The file has more than {MOST_COLUMNS} columns.")


def _note_unreadable(faults: list[Fault], line: int, reason: str) -> None:
    faults.append(Fault(line, WHOLE_ROW, reason))
    if len(faults) > MOST_UNREADABLE:
        first = faults[0]
        raise BadRequest(
            f"More than {MOST_UNREADABLE:,} rows can't be read, the first of them on line {first.line}: "
            f"{first.reason}."
        )


def _fault_of(fields: list[str] | None, *, width: int) -> str | None:
    if fields is None:
        return "its quotation marks do not match"
    if any(_UNDECODED.search(field) for field in fields):
        return "it is not UTF-8"
    if fields and len(fields) != width:
        return f"it has {len(fields)} columns instead of {width}"
    return None


def _records(lines: Sequence[str], start: int, *, width: int) -> Iterator[tuple[int, list[str] | None]]:
    """Give each record with the line that it begins on; None for one whose quotation marks do not match."""
    while start < len(lines):
        taken, fields = _record(lines, start, width=width)
        yield start + 1, fields
        start += taken


def _record(lines: Sequence[str], start: int, *, width: int | None) -> tuple[int, list[str] | None]:
    """Read the record that begins on a line: how many lines it takes, and its fields (a blank one has none).

    Further lines belong to it only if they make it whole: a forgotten mark never swallows the rows after it.
    """
    if not lines[start].strip():
        return 1, []
    for taken in range(1, _LONGEST_RECORD + 1):
        fields = _fields("\n".join(lines[start : start + taken]))
        if fields is not None and (taken == 1 or len(fields) == width):
            return taken, fields if any(field.strip() for field in fields) else []
    return 1, None


def _fields(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _features(content: bytes) -> Table:
    document = _document(content)
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise BadRequest("The file is JSON, but not a FeatureCollection of GeoJSON.")
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, feature in enumerate(features, start=1):
        try:
            rows.append(Row(number, _texts_of(feature)))
        except ValueError as unreadable:
            _note_unreadable(faults, number, str(unreadable))
    columns = frozenset().union(*(row.texts for row in rows), NEEDED)
    _require_few(columns)
    return Table(columns, rows, faults)


def _document(content: bytes) -> dict[str, Any]:
    if content.count(b"[") + content.count(b"{") > len(content) // _BYTES_PER_CONTAINER + _FEW:
        raise BadRequest("The file holds far more lists and objects than lots need.")
    try:
        document: dict[str, Any] = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The file is not JSON: {error}.") from None
    return document


def _texts_of(feature: Any) -> dict[str, str]:
    """Read a feature as a row: its properties, its id unless they have one, and its point.

    Raises ValueError for what is none.
    """
    match feature:
        case {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lng, lat, *_]}}:
            properties = feature.get("properties") or {}
        case _:
            raise ValueError(_NO_FEATURE)
    if not isinstance(properties, dict):
        raise ValueError(_NO_FEATURE)  # noqa: TRY004 -- what the caller asks for
    named = {"external_id": feature.get("id")} | {
        name.strip().lower(): value for name, value in properties.items()
    }
    return {name: text_of(value) for name, value in (named | {"lat": lat, "lng": lng}).items()}


def text_of(value: object) -> str:
    """Write a JSON value as a cell of a table would hold it; raise ValueError for deeply nested ones."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case float() if value.is_integer():
            return str(int(value))
        case list() if not any(isinstance(item, list | dict) for item in value):
            return LIST_SEPARATOR.join(text_of(item) for item in value)
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        raise ValueError(_TOO_DEEP) from None
