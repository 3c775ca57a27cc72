"""One change between two contracts: how much it weighs, whom it meets, and where it is."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

Side = Literal["request", "response", "neither"]


class Impact(StrEnum):
    """What a change means to a client that is not touched; the heaviest stands first."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    DOCS = "docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, as one sentence about one place."""

    impact: Impact
    side: Side
    operation: str
    """The operationId; empty where the change is of no single operation."""
    where: str
    """A path for people: `createSession: request body: duration_hours`."""
    definition: str
    """The same place seen from the shared definition that it lies in: `Session.status`; empty in none."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the comparison is, and on whose side: a request may only widen, an answer only narrow."""

    operation: str = ""
    side: Side = "neither"
    steps: tuple[str, ...] = ()
    """`request body`, or `201` and `header ETag`."""
    path: str = ""
    """The way through the schema: `lots[].rates`."""
    definition: str = ""

    @property
    def where(self) -> str:
        """Write the place for people."""
        return ": ".join(part for part in (self.operation, *self.steps, self.path) if part)

    def on(self, side: Side, step: str) -> "Place":
        """Step into a part of a request or of an answer."""
        return replace(self, side=side, steps=(*self.steps, step))

    def within(self, step: str) -> "Place":
        """Step into a part that is on the same side."""
        return replace(self, steps=(*self.steps, step))

    def property(self, name: str) -> "Place":
        """Step into a property of a schema."""
        return self._deeper(f".{name}")

    def items(self) -> "Place":
        """Step into the items of a list."""
        return self._deeper("[]")

    def variant(self, name: str) -> "Place":
        """Step into one of several schemas."""
        return self._deeper(f"<{name}>")

    def defined_as(self, name: str) -> "Place":
        """Enter a shared definition."""
        return replace(self, definition=name)

    def _deeper(self, step: str) -> "Place":
        path = (self.path + step).removeprefix(".")
        return replace(self, path=path, definition=self.definition and self.definition + step)

    def breaking(self, sentence: str) -> Change:
        """Tell of what may stop a client that was right so far."""
        return self._change(Impact.BREAKING, sentence)

    def additive(self, sentence: str) -> Change:
        """Tell of what a client may use, and need not know."""
        return self._change(Impact.ADDITIVE, sentence)

    def docs(self, sentence: str) -> Change:
        """Tell of what is said in other words."""
        return self._change(Impact.DOCS, sentence)

    def narrowed(self, sentence: str) -> Change:
        """Tell that less is valid than before: bad for who sends it, good for who receives it."""
        return self.additive(sentence) if self.side == "response" else self.breaking(sentence)

    def widened(self, sentence: str) -> Change:
        """Tell that more is valid than before: good for who sends it, bad for who receives it."""
        return self.breaking(sentence) if self.side == "response" else self.additive(sentence)

    def _change(self, impact: Impact, sentence: str) -> Change:
        return Change(
            impact=impact,
            side=self.side,
            operation=self.operation,
            where=self.where,
            definition=self.definition,
            sentence=sentence,
        )
