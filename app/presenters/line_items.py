"""The lines of a bill, as the contract shows them."""

from typing import Any

from app.domain.tariffs import LineItem


def present(line: LineItem) -> dict[str, Any]:
    """Return one line in the contract's shape; what it was not counted by is absent."""
    shown: dict[str, Any] = {"kind": line.kind, "description": line.description}
    if line.hours is not None:
        shown["hours"] = float(line.hours)
    if line.count is not None:
        shown["count"] = line.count
    if line.unit_price is not None:
        shown["unit_price"] = line.unit_price.to_major()
    return shown | {"amount": line.amount.to_major()}
