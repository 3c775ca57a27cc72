"""Which Python type a schema becomes."""

from dataclasses import dataclass, field
from typing import Any, Final

from generate.reading import Book, Json, name_of

NULL: Final = "null"
MONEY: Final = frozenset(
    {
        "rate",
        "subtotal",
        "owner_payout",
        "authorized",
        "captured",
        "refunded",
        "disputed",
        "amount",
        "unit_price",
        "total",
        "flat_fee",
        "daily_maximum",
        "minimum_charge",
    }
)
"""Numbers that are sums of money, which are Decimal: what adds up in the contract adds up here."""
MEASURES: Final = frozenset(
    {
        "lat",
        "lng",
        "distance_km",
        "radius_km",
        "duration_hours",
        "extend_hours",
        "hours",
        "tax_rate",
        "duration_ms",
        "coordinates",
        "bbox",
    }
)
"""Numbers that measure something else."""
SIMPLE: Final = {"string": "str", "integer": "int", "boolean": "bool", "object": "dict[str, Any]"}
FORMATS: Final = {"date-time": "datetime", "date": "date"}


@dataclass
class Kinds:
    """Types for one module, and the names of the contract that they need."""

    book: Book
    sent: bool
    """Whether values go to the server: money may then be a float, and a list any sequence."""
    needed: set[str] = field(default_factory=set)
    """Models and choices of words that the types name."""

    def of(self, node: Json, *, called: str) -> str:
        """Write the type of a property or a parameter, without its being absent or null."""
        name = name_of(node)
        schema = self.book.follow(node)
        if name is not None and self.book.is_model(name):
            self.needed.add(name)
            return name
        if "enum" in schema:
            return self._words(schema, name)
        return self._plain(schema, called)

    def _words(self, schema: Json, name: str | None) -> str:
        words = schema["enum"]
        if words == [True]:
            return "bool"
        if name is not None:
            self.needed.add(name)
        literal = name or f"Literal[{', '.join(map(repr, words))}]"
        return literal if is_constant(schema) else f"{literal} | str"

    def _plain(self, schema: Json, called: str) -> str:
        kind = not_null(schema.get("type"))
        if kind == "array":
            inner = self.of(schema["items"], called=called)
            return f"Sequence[{inner}]" if self.sent else f"list[{inner}]"
        if kind == "object" and "type" in (schema.get("additionalProperties") or {}):
            inner = self.of(schema["additionalProperties"], called=called)
            return f"{'Mapping' if self.sent else 'dict'}[str, {inner}]"
        if kind == "number":
            return self._number(called)
        if kind == "string" and schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        return SIMPLE.get(kind, "Any")

    def _number(self, called: str) -> str:
        if called in MONEY:
            return "Decimal | float" if self.sent else "Decimal"
        if called in MEASURES:
            return "float"
        raise ValueError(f"{called} is a number: say in kinds.py whether it is money")


def not_null(kind: Any) -> Any:
    """Return the type of a schema beside null."""
    return next(each for each in kind if each != NULL) if isinstance(kind, list) else kind


def may_be_null(schema: Json) -> bool:
    """Tell whether null takes a value away."""
    return isinstance(schema.get("type"), list) and NULL in schema["type"]


def is_constant(schema: Json) -> bool:
    """Tell whether there is one word to say."""
    return len(schema.get("enum", ())) == 1 and schema["enum"] != [True]
