"""Number plates, compared as cameras and people both read them."""

from unicodedata import category, normalize

LONGEST = 16

_DOTS = frozenset(".·•")
_SEPARATORS = ("Z", "Pd", "Cc")
"""Unicode's spaces, its dashes (language models like to write U+2011) and tabs."""


def normalise(text: str) -> str:
    """Write a plate in its one form: upper-case, without spaces, hyphens and dots."""
    capitals = normalize("NFKC", normalize("NFKC", text).upper())
    return "".join(symbol for symbol in capitals if not _separates(symbol))


def is_plate(text: str) -> bool:
    """Tell whether a text can be a plate: 1 to 16 letters and digits once normalised."""
    plate = normalise(text)
    return 0 < len(plate) <= LONGEST and plate.isalnum()


def _separates(symbol: str) -> bool:
    return symbol in _DOTS or category(symbol).startswith(_SEPARATORS)
