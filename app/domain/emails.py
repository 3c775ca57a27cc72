"""Email addresses, checked as far as form can tell; whether one exists only a mail can."""

import re

LONGEST = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""

_LOCAL = r"[^\s@,;:<>()\[\]\\\"\x00-\x1f\x7f]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+{_LABEL}")


def normalise(text: str) -> str:
    """Write an address in its one form: trimmed and lower-case."""
    return text.strip().lower()


def is_email(text: str) -> bool:
    """Tell whether a text has the form of an email address, with a dot in its domain."""
    email = normalise(text)
    return len(email) <= LONGEST and _EMAIL.fullmatch(email) is not None and ".." not in email
