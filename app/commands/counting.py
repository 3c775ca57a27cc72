"""Numbers with their nouns: 1 row, 2 rows."""


def counted(number: int, noun: str) -> str:
    """Put a regular noun after a number."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
