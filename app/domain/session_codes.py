"""Session codes: short enough to be read out by a voice, with nothing in them that sounds or looks alike."""

import re
import secrets

PATTERN = r"^sess_[a-hjkmnp-z1-9]{6}$"

_SYMBOLS = "abcdefghjkmnpqrstuvwxyz123456789"  # no i, l, o, 0
_LENGTH = 6
_CODE = re.compile(PATTERN.removesuffix("$") + r"\Z")


def make() -> str:
    """Make a new session code, like `sess_abc123`."""
    return "sess_" + "".join(secrets.choice(_SYMBOLS) for _ in range(_LENGTH))


def is_session_code(text: str) -> bool:
    """Tell whether a text has the form of a session code."""
    return _CODE.match(text) is not None
