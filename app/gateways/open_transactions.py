"""The rule that nothing outside is called while a transaction is open: a slow answer would hold its locks."""

from collections.abc import Callable


def _never() -> bool:
    return False


_is_open: Callable[[], bool] = _never


def forbid_when(is_open: Callable[[], bool]) -> None:
    """Learn how to tell that a transaction is open; gateways know no database themselves."""
    global _is_open  # noqa: PLW0603 -- the process has one database, and so one answer
    _is_open = is_open


def refuse() -> None:
    """Raise RuntimeError if a transaction is open: the caller has to close it first."""
    if _is_open():
        raise RuntimeError("Something outside was called inside an open transaction.")
