"""What the nouns of both clients stand on: something that sends a call and gives back what it is answered."""

from collections.abc import Awaitable
from typing import Protocol, TypeVar

from parkgraph.calls import Call

T = TypeVar("T")


class Sender(Protocol):
    """Sends a call and waits for its answer."""

    def __call__(self, call: Call[T], /) -> T:
        """Return what the call is answered; raise ParkGraphError if it fails."""
        ...


class AsyncSender(Protocol):
    """Sends a call and lets others work meanwhile."""

    def __call__(self, call: Call[T], /) -> Awaitable[T]:
        """Return what the call is answered; raise ParkGraphError if it fails."""
        ...


class Resource:
    """The operations of one noun."""

    def __init__(self, send: Sender) -> None:
        self._send = send


class AsyncResource:
    """The operations of one noun, for programs that wait for several things at once."""

    def __init__(self, send: AsyncSender) -> None:
        self._send = send
