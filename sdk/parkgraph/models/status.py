"""What the contract says of status."""

from dataclasses import dataclass
from typing import Literal

from parkgraph.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Model):
    """All is well."""

    status: Literal["ok"] = "ok"
    """Always `ok`; otherwise the answer is an error."""
