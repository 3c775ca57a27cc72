"""Disputes: a driver's bank takes captured money back, or asks what it was taken for."""

from typing import Final, Literal

DisputeStatus = Literal["inquiry", "open", "won", "lost", "closed"]
"""An inquiry takes nothing and is closed in the end; what is open was taken, and is won back or lost."""

TAKING: Final[tuple[DisputeStatus, ...]] = ("open", "lost")
"""Where the bank has the money."""
TAKEN_BACK: Final = "The driver's bank has taken this session's money back, so none of it can be refunded."
OVER: Final[tuple[DisputeStatus, ...]] = ("won", "lost", "closed")
