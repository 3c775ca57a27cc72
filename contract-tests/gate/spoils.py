"""Make valid cases invalid, for operations whose few parameters Schemathesis hardly ever gets wrong.

It leaves most ids in paths as they are, so such an operation would see next to no invalid request. A spoilt
case is judged again against the schema, so what is still valid after all counts as valid.
"""

from collections.abc import Callable
from typing import Any

Values = dict[str, Any]

_IDS: tuple[Callable[[str], str], ...] = (
    lambda text: text[:-1],
    lambda text: f"{text}0",
    lambda text: f"{text[:-1]}g",
    lambda text: f"{text[:-1]}é",
    lambda text: f"{text[:-1]} ",
    lambda text: text.replace("-", "").replace("_", ""),
    lambda text: text.replace("-", "_").replace("_", "-", 1),
    lambda text: f"{{{text}}}",
    lambda text: f"urn:uuid:{text}",
    lambda text: text[::-1],
    lambda text: text * 20,
    lambda text: "0",
    lambda text: "null",
    lambda text: "٣" * len(text),
    lambda text: f"'{text[2:]}'",
    lambda text: f"{text},{text}",
)
# What Python's int() takes although JSON does not (`+5`, ` 5`, `٥`) is for gate.hostile: here it counts as 5.
_LIMITS = ("0", "101", "-1", "5.5", "five", "1e1", "", "0x5", "5,6", "99999999999999999999")
_CURSORS = ("A", "=" * 36, "A" * 35, "A" * 37, "é" * 36, "", "A" * 35 + "!")
_BOXES = (
    "",
    "1,2,3",
    "1,2,3,4,5",
    "1,2,3,x",
    "1;2;3;4",
    "1,2,3,4 ",
    "1,,3,4",
    "1000,2,3,4",
    "1e1,2,3,4",
    "١,٢,٣,٤",
)
_TAGS = ("", "é", "t" * 1001, "tab\there")
_KEYS = ("", "k" * 256, "é", "tab\there")
_END_USERS = ("", "u" * 129, "two words", "é", "\x7f")
_REST: dict[str, tuple[str, ...]] = {
    "limit": _LIMITS,
    "cursor": _CURSORS,
    "Idempotency-Key": _KEYS,
    "end_user_id": _END_USERS,
    "bbox": _BOXES,
    "If-None-Match": _TAGS,
}

_HEADERS = frozenset({"Idempotency-Key", "If-None-Match"})

_SOME_ID = "019d79bb-20c0-7128-a24b-e40ad23f0824"
IDS = frozenset({"lot_id", "session_id", "key_id", "request_id", "webhook_id", "delivery_id"})
KNOWN = IDS | _REST.keys()
"""The parameters that can be spoilt."""


def spoil(number: int, *, path: Values, query: Values, headers: Values, names: list[str]) -> None:
    """Give one of the parameters in `names` a value that its schema refuses."""
    name = names[number % len(names)]
    turn = number // len(names)
    if name in IDS:
        place = path if name in path else query  # a filter may be an id, too
        place[name] = _IDS[turn % len(_IDS)](str(place.get(name, _SOME_ID)))
    else:
        place = headers if name in _HEADERS else query
        place[name] = _REST[name][turn % len(_REST[name])]
