"""Understand what a request says of a lot, by the rules that lists of lots are read by."""

from collections.abc import Mapping
from typing import Any

from app.domain.errors import BadRequest, Detail
from app.presenters.agent_access import UNSET
from app.services import lot_fields, opening_hours
from app.services.lot_fields import FIELD_OF, RULES, Unfit
from app.services.lot_files import NEEDED, text_of

NEVER_EMPTY = frozenset(NEEDED) - {"external_id"}
"""What every lot has; its own name with the operator is known in lists only."""

Said = Mapping[str, Any]
"""What a request says, by field; None takes a value away."""
Columns = Mapping[str, Any]
"""The same by the names of columns, as lots keep it."""


def columns_of(said: Said) -> dict[str, Any]:
    """Return what is said as lots keep it; raise BadRequest that names every field that is wrong."""
    columns: dict[str, Any] = {}
    wrong: list[Detail] = []
    for field, value in said.items():
        try:
            columns[_column_of(field)] = _understood(field, value)
        except Unfit as unfit:
            wrong.append(Detail(field, str(unfit)))
    if wrong:
        raise _refused(wrong)
    return columns


def require_fit(columns: Columns, said: Columns) -> None:
    """Raise BadRequest where a lot would have more spaces of a kind than spaces."""
    wrong = [
        Detail(FIELD_OF[column], "is more than the capacity")
        if column in said
        else Detail("capacity", f"is less than the lot's {FIELD_OF[column]}")
        for column in lot_fields.beyond_capacity(columns)
    ]
    if wrong:
        raise _refused(wrong)


def _column_of(field: str) -> str:
    return RULES[field].column if field in RULES else field


def _understood(field: str, value: Any) -> Any:
    if field == "agent_access":
        return None if value == UNSET else value
    rule, text = RULES[field], text_of(value)
    if field == "opening_hours" and text:
        return _hours(text)
    if text:
        return rule.parse(text)
    if field in NEVER_EMPTY:
        raise Unfit("must not be empty")
    return rule.empty


def _hours(text: str) -> str:
    if not opening_hours.understood(text):
        raise Unfit("is not in the notation of OpenStreetMap, such as Mo-Fr 07:00-22:00; PH off")
    return opening_hours.normalise(text)


def _refused(wrong: list[Detail]) -> BadRequest:
    return BadRequest(f"{wrong[0].field}: {wrong[0].message}", details=wrong)
