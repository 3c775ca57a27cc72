"""What a lint has to say."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One breach of a rule: which rule, where in the document, and what is wrong there."""

    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        """Write it as one line."""
        return f"{self.where}: {self.message} [{self.rule}]"
