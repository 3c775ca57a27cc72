"""Identifiers in Stripe's form: a prefix that names the kind, then random letters and digits."""

import secrets

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 24


def new(prefix: str) -> str:
    """Make an identifier: `new("pi")` is `pi_` and 24 letters and digits."""
    return f"{prefix}_{random_text(_LENGTH)}"


def random_text(length: int) -> str:
    """Draw unguessable letters and digits."""
    drawn = secrets.randbelow(len(_ALPHABET) ** length)  # at once: a draw per letter takes ten times as long
    letters = []
    for _ in range(length):
        drawn, letter = divmod(drawn, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)
