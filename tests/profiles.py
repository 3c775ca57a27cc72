"""How hard load tests try: `make test` takes the short way, `make soak` (SOAK=1) the full one."""

import os
from typing import TypeVar

T = TypeVar("T")


def is_soak() -> bool:
    """Tell whether this run has the time to try everything."""
    return os.environ.get("SOAK", "") not in {"", "0"}


def pick(*, short: T, full: T) -> T:
    """Return what this run can afford."""
    return full if is_soak() else short
