"""What tests ask of a client, and what becomes of it."""

from typing import Any

import httpx

from tests.sdk.desks import Park

OK = {"status": "ok"}


def health(park: Park) -> Any:
    """Ask how the server is."""
    return park.status.get_health()


def advance(park: Park) -> Any:
    """Do a write under a key."""
    return park.sandbox.advance_sandbox_clock(advance_seconds=60)


def fails(error: type[httpx.RequestError]) -> Any:
    """Make a transport that breaks off so."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error("the cable is out", request=request)

    return fail
