"""Sending mails, beside all other work: a relay that hangs must hold up no payment."""

from collections.abc import Sequence

from app.services import mails
from app.worker.loop import DAILY, Loop, Sweep, unwatched


def loops(*, every: float) -> Sequence[Loop]:
    """Return the loop that sends mails, so many seconds apart."""
    sweeps = [
        Sweep("send mails", mails.send_due, every, is_routine=True),
        Sweep("delete old mails", mails.forget, DAILY, is_routine=True),
    ]
    return [Loop(sweeps, name="mailing", beat=unwatched)]
