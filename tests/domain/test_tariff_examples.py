"""The worked examples of docs/tariffs.md, run as they are printed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.domain.money import split
from app.domain.prices import Prices
from app.domain.tariffs import LineItem, Tariff

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "tariffs.md"
CHAPTER = re.compile(
    r"^### ([^\n]+)\n\n(\w{3}) in (\S+):\n\n```json\n(.*?)```\n(.*?)(?=^### |\Z)", re.DOTALL | re.MULTILINE
)
ROW = re.compile(r"^\| (\d{4}-\S+ \S+) \| (\d{4}-\S+ \S+) \| (\S+) \|(.*) \|$", re.MULTILINE)
FEWEST = 40


@dataclass(frozen=True, slots=True)
class Example:
    """A row of a table, under the tariff that stands above it."""

    name: str
    tariff: Tariff
    start: datetime
    end: datetime
    total: str
    line_items: str


def examples() -> Iterator[Example]:
    for name, currency, zone, rates, table in CHAPTER.findall(DOCUMENT.read_text(encoding="utf-8")):
        tariff = Prices.read(json.loads(rates)).in_lot(currency=currency, time_zone=zone)
        for start, end, total, lines in ROW.findall(table):
            times = (datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone)) for time in (start, end))
            begin, until = (time.astimezone(UTC) for time in times)
            yield Example(f"{name} {start} {end}", tariff, begin, until, total, lines.strip())


EXAMPLES = list(examples())


def written(line: LineItem) -> str:
    """Write a line as the tables do."""
    amount = line.amount.to_decimal()
    if line.unit_price is None:
        return f"{line.description} {amount}"
    times = f"{line.count}" if line.hours is None else f"{plain(line.hours)} h"
    return f"{line.description} {times} × {line.unit_price.to_decimal()} = {amount}"


def plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".")


def test_there_are_enough_examples_and_none_is_passed_over() -> None:
    rows = re.findall(r"^\| \d", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(EXAMPLES) == len(rows) >= FEWEST


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_costs_what_its_row_says(example: Example) -> None:
    price = example.tariff.price(example.start, example.end)
    assert str(price.total.to_decimal()) == example.total
    assert "; ".join(written(line) for line in price.line_items) == example.line_items
    parts = split(price.total)
    assert parts.owner_payout + parts.platform_fee == price.total
