"""The ledger, as the contract shows it, and as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from app.domain.money import Money
from app.models import LedgerEntry
from app.presenters.instants import instant

COLUMNS = ("at", "kind", "amount", "currency", "session_id", "refund_id", "dispute_id", "project_id", "id")


def present(entry: LedgerEntry) -> dict[str, Any]:
    """Return an entry in the contract's shape; what does not apply is absent."""
    facts: dict[str, Any] = {
        "id": str(entry.id),
        "at": instant(entry.created_at),
        "kind": entry.kind,
        "amount": Money(entry.amount_minor, entry.currency).to_major(),
        "currency": entry.currency,
        "session_id": str(entry.session_id),
        "refund_id": entry.refund_id and str(entry.refund_id),
        "dispute_id": entry.dispute_id and str(entry.dispute_id),
        "project_id": str(entry.project_id),
    }
    return {name: value for name, value in facts.items() if value is not None}


def balance(money: Money) -> dict[str, Any]:
    """Return what is owed in one currency."""
    return {"currency": money.currency, "amount": money.to_major()}


def as_csv(entries: Iterable[LedgerEntry]) -> str:
    """Write entries by RFC 4180, with a line of names before them; amounts have all of their decimals."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for entry in entries:
        exact = Money(entry.amount_minor, entry.currency).to_decimal()
        shown = present(entry) | {"amount": f"{exact:f}"}
        writer.writerow([shown.get(name, "") for name in COLUMNS])
    return file.getvalue()
