"""The notes that callers keep on objects: up to 50 keys of 40 characters with values of 500."""

from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid

_MOST_KEYS = 50
_LONGEST_KEY = 40
_LONGEST_VALUE = 500


def merged(current: dict[str, str], asked: Asked) -> dict[str, str]:
    """Return the notes after a request: an empty value takes a key away, an empty `metadata` all of them."""
    changes = asked.get("metadata", {})
    if changes == "":
        return {}
    for key, value in changes.items():
        _check(key, value)
    notes = {key: value for key, value in (current | changes).items() if value}
    if len(notes) > _MOST_KEYS:
        raise Invalid(f"You can only keep up to {_MOST_KEYS} metadata keys.", param="metadata")
    return notes


def _check(key: str, value: str) -> None:
    if len(key) > _LONGEST_KEY:
        raise Invalid(f"Metadata keys have at most {_LONGEST_KEY} characters.", param=f"metadata[{key}]")
    if len(value) > _LONGEST_VALUE:
        raise Invalid(f"Metadata values have at most {_LONGEST_VALUE} characters.", param=f"metadata[{key}]")
