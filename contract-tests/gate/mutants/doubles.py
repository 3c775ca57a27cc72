"""Requests that are sent twice, and what comes of them."""

from dataclasses import replace

from app.domain.idempotency import Once
from app.http import views
from app.presenters import answers
from app.services import idempotency, webhook_secrets, webhooks
from gate.mutants.planting import instead_of, killed_by, put_in_place

TWICE = "test_doubles.py::test_the_same_request_twice_is_answered_alike_and_done_once"
ANOTHER = "test_doubles.py::test_another_request_under_the_same_key_is_a_422"


@killed_by(f"{TWICE}[createApiKey]")
def idempotency_keys_are_ignored() -> None:
    """What is sent twice under one Idempotency-Key is done twice."""
    put_in_place(views._OFFERED, "once", lambda _: None)


@killed_by(f"{TWICE}[createSession]")
def a_replay_does_not_say_so() -> None:
    """A first answer that is given again comes without Idempotent-Replayed."""

    @instead_of(answers, "headers")
    def headers(original, replayed):
        return {}


@killed_by(f"{ANOTHER}[createRefund]")
def another_request_passes_under_the_same_key() -> None:
    """Another request under a used key is answered as if it were the first one."""
    once_of = views._OFFERED["once"]

    def forgetful(exchange):
        once = once_of(exchange)
        return None if once is None else Once(once.key, "0" * 64)

    put_in_place(views._OFFERED, "once", forgetful)


@killed_by("test_doubles.py::test_another_callers_key_is_another_key")
def callers_share_their_keys() -> None:
    """One caller's Idempotency-Key stands in the way of another's."""

    @instead_of(idempotency, "_scope_of")
    def scope_of(original, caller):
        return "everybody"


@killed_by(f"{TWICE}[createWebhook]")
def a_secret_is_shown_twice() -> None:
    """The answer that made a webhook shows its secret again when it is given again."""

    @instead_of(webhooks, "_shown_again")
    def shown_again(original, webhook_id):
        shown = original(webhook_id)
        return replace(shown, secret=webhook_secrets.unseal(shown.webhook.secret))
