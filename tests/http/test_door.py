"""Requests that the process makes to itself, and the checks that it makes of Connexion before any request."""

import asyncio
from typing import Any

import pytest
from flask import Flask

from app.domain.errors import BadRequest
from app.http import compatibility
from app.http.compatibility import Incompatible, check_connexion, check_views
from app.http.door import Door
from tests.http.conftest import generous
from tests.http.site import Site, contract, site

FACTS = b'"id":"evt_1","object":"event","type":"a.b","created":1775863860,"livemode":false'
EVENT = b"{ %s, " % FACTS + b'"data":{"object":{}}}'


def knock(made: Site, payload: bytes, signature: str) -> bool:
    """Post an event from another thread, as the worker does."""
    door = Door(made.app, made.loop)
    return made.loop.run_until_complete(asyncio.to_thread(door.post_event, payload, signature))


def test_an_event_goes_through_all_of_the_chain_even_where_tls_is_required() -> None:
    taken: list[tuple[bytes, str]] = []

    def receive_stripe_event(raw: bytes, stripe_signature: str) -> dict[str, Any]:
        taken.append((raw, stripe_signature))
        return {}

    handlers = {"receiveStripeEvent": receive_stripe_event}
    with site(handlers=handlers, settings=generous(require_tls=True)) as made:
        assert knock(made, EVENT, "t=1,v1=ab")
        trace = made.traces[0]
    assert taken == [(EVENT, "t=1,v1=ab")]
    assert (trace.operation_id, trace.status, trace.ip) == ("receiveStripeEvent", 200, "127.0.0.1")


def test_an_event_that_is_refused_was_not_taken() -> None:
    def receive_stripe_event() -> None:
        raise BadRequest.of("Stripe-Signature", "is stale")

    with site(handlers={"receiveStripeEvent": receive_stripe_event}, settings=generous()) as made:
        assert not knock(made, EVENT, "t=1")
        assert not knock(made, b"{", "t=1")


def test_the_chain_runs_on_the_connexion_that_it_was_written_for(monkeypatch: pytest.MonkeyPatch) -> None:
    check_connexion()
    monkeypatch.setattr(compatibility, "VERSION", "3.4.0")
    with pytest.raises(Incompatible, match=r"Connexion is 3\.3\.0"):
        check_connexion()


def test_a_connexion_that_marks_no_views_is_refused() -> None:
    with pytest.raises(Incompatible, match="createSession"):
        check_views(Flask("empty"), contract())
