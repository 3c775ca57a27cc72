"""Words as people type them: without capitals and accents, whatever the keyboard had."""

import re
import unicodedata

LONGEST_TEXT = 600
"""Characters of a folded text; what is beyond is not searched."""
LONGEST_SLUG = 200

# Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")


def words_of(text: str) -> tuple[str, ...]:
    """Take a text apart into its folded words: `Café L'Été, 2nd` is cafe, l, ete, 2nd."""
    # Twice, because what comes out of a ligature or a mathematical letter may be a capital.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return tuple(_BETWEEN_WORDS.sub(" ", plain.translate(_PLAIN_LETTERS)).split())


def folded(*texts: str | None) -> str:
    """Join the words of several texts into one line to be searched, each word between two spaces."""
    words = words_of(" ".join(text for text in texts if text))
    return f" {' '.join(words)}"[: LONGEST_TEXT - 1].rstrip() + " "


def slug(name: str) -> str:
    """Turn a name into the part of a page's address: lower-case letters, digits and single hyphens."""
    plain = _NOT_IN_SLUGS.sub("-", folded(name)).strip("-")[:LONGEST_SLUG].strip("-")
    return plain or "lot"
