"""The processor as browsers meet it: a script, and what a publishable key and a client secret may ask."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from stripe_sandbox import publishable_key, secret_key
from tests.stripe_sandbox.drivers import Account

CHALLENGED = "pm_card_threeDSecureRequired"


class Page:
    """A page in a browser that talks to the processor."""

    def __init__(self, account: Account, key: str | None = None) -> None:
        self.account = account
        self.key = key or publishable_key(account.world)

    def get(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        return self.ask("GET", path, b"")

    def post(self, path: str, **form: str) -> tuple[int, Any]:
        status, _, body = self.ask("POST", path, urlencode(form).encode())
        return status, json.loads(body)

    def ask(self, method: str, path: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        told: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            told.update(status=int(status[:3]), headers=dict(headers))

        environ: Any = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {self.key}",
            "wsgi.input": BytesIO(body),
        }
        answer = b"".join(self.account.sandbox.browser(environ, start_response))
        return told["status"], told["headers"], answer


@pytest.fixture
def page(vail: Account) -> Page:
    return Page(vail)


def challenged(page: Page) -> tuple[str, str]:
    """Confirm a hold with a card that has to be authenticated; return its path and secret."""
    intent = page.account.ask()
    path, secret = f"/v1/payment_intents/{intent.id}", str(intent.client_secret)
    status, shown = page.post(f"{path}/confirm", client_secret=secret, payment_method=CHALLENGED)
    assert (status, shown["status"]) == (200, "requires_action")
    return path, secret


@pytest.mark.parametrize(("name", "kind"), [("stripe.js", "text/javascript"), ("elements.css", "text/css")])
def test_the_card_form_is_served_and_says_that_no_money_moves(page: Page, name: str, kind: str) -> None:
    status, headers, body = page.get(f"/v3/{name}")
    assert (status, headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
    assert headers["Park-Graph-Sandbox"] == "no money moves"
    assert body


def test_a_card_is_tokenised_and_confirmed_with_the_secret_of_its_payment(page: Page) -> None:
    card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "12", "card[cvc]": "123"}
    _, method = page.post("/v1/payment_methods", **card)
    intent = page.account.ask()
    secret = str(intent.client_secret)
    _, confirmed = page.post(
        f"/v1/payment_intents/{intent.id}/confirm", client_secret=secret, payment_method=method["id"]
    )
    assert confirmed["status"] == "requires_capture"
    assert "transfer_data" not in confirmed


@pytest.mark.parametrize(
    ("outcome", "status", "error"),
    [("complete", "requires_capture", None), ("fail", "requires_payment_method", "card_error")],
)
def test_a_challenge_is_passed_or_failed(page: Page, outcome: str, status: str, error: str | None) -> None:
    path, secret = challenged(page)
    _, shown = page.post(f"{path}/authenticate", client_secret=secret, outcome=outcome)
    assert shown["status"] == status
    assert (shown["last_payment_error"] or {}).get("type") == error
    assert "transfer_data" not in shown


def test_a_challenge_is_answered_by_whoever_knows_the_secret_and_by_nobody_else(page: Page) -> None:
    path, _ = challenged(page)
    for secret in ("", "pi_guess_secret_guess"):
        status, shown = page.post(f"{path}/authenticate", client_secret=secret, outcome="complete")
        assert (status, shown["error"]["code"]) == (404, "resource_missing")
    assert page.account.intents.retrieve(path.rpartition("/")[2]).status == "requires_action"


def test_a_challenge_has_two_outcomes(page: Page) -> None:
    path, secret = challenged(page)
    status, shown = page.post(f"{path}/authenticate", client_secret=secret, outcome="perhaps")
    assert (status, shown["error"]["param"]) == (400, "outcome")


def test_the_payments_of_another_world_are_out_of_reach(page: Page) -> None:
    path, secret = challenged(page)
    stranger = Page(page.account, publishable_key("aspen"))
    status, _ = stranger.post(f"{path}/authenticate", client_secret=secret, outcome="complete")
    assert status == 404


@pytest.mark.parametrize("key", [secret_key("vail"), "pk_live_real", "", "nonsense"])
def test_a_browser_with_another_key_is_refused(vail: Account, key: str) -> None:
    path, secret = challenged(Page(vail))
    status, _ = Page(vail, key or " ").post(f"{path}/authenticate", client_secret=secret, outcome="complete")
    assert status == 401
    status, _ = Page(vail, key or " ").post(f"{path}/capture")
    assert status == 401


@pytest.mark.parametrize("kept", ["/v1/refunds", "/v1/accounts", "/_sandbox/advance", "/_sandbox/faults"])
def test_what_stripe_keeps_from_browsers_is_kept_from_them_here(page: Page, kept: str) -> None:
    assert page.post(kept)[0] in {401, 404}
