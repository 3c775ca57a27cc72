"""A key selects a world; no key of real money is taken; a browser's key reaches little."""

import base64
import io
from typing import Any

import pytest
import stripe

from stripe_sandbox import BadWorldName, Sandbox, secret_key
from tests.stripe_sandbox.drivers import Account, browser, connect


def request(sandbox: Sandbox, path: str, **headers: str) -> tuple[str, dict[str, str]]:
    """Send a GET without the SDK and return status line and headers."""
    told: dict[str, Any] = {}

    def start_response(status: str, answered: list[tuple[str, str]], _: object = None) -> Any:
        told.update(status=status, headers=dict(answered))

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO()}
    list(sandbox.wsgi(environ | headers, start_response))
    return told["status"], told["headers"]


@pytest.mark.parametrize("key", ["sk_live_embedded_vail", "rk_live_1", "pk_live_1"])
def test_a_live_key_is_refused_and_told_that_no_money_moves(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="no money moves") as caught:
        connect(sandbox, key).v1.payment_intents.list()
    assert caught.value.http_status == 401
    assert key not in str(caught.value)


@pytest.mark.parametrize("key", ["sk_test_51H", "rk_test_embedded_vail", "sk_test_embedded_", "nonsense"])
def test_a_key_of_elsewhere_is_refused(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        connect(sandbox, key).v1.payment_intents.list()


def test_every_answer_says_that_no_money_moves(sandbox: Sandbox) -> None:
    status, headers = request(sandbox, "/v1/payment_intents")
    assert status == "401 Unauthorized"
    assert headers["Park-Graph-Sandbox"] == "no money moves"
    basic = base64.b64encode(f"{secret_key('vail')}:".encode()).decode()
    status, headers = request(sandbox, "/v1/payment_intents", HTTP_AUTHORIZATION=f"Basic {basic}")
    assert status == "200 OK"
    assert headers["Park-Graph-Sandbox"] == "no money moves"
    assert headers["Request-Id"].startswith("req_")


def test_an_unreadable_authorization_is_no_key(sandbox: Sandbox) -> None:
    status, _ = request(sandbox, "/v1/payment_intents", HTTP_AUTHORIZATION="Basic not-base-64")
    assert status == "401 Unauthorized"


def test_an_unknown_path_is_not_found(sandbox: Sandbox) -> None:
    bearer = f"Bearer {secret_key('vail')}"
    status, _ = request(sandbox, "/_sandbox/faults", HTTP_AUTHORIZATION=bearer)
    assert status == "404 Not Found"


def test_another_version_of_the_api_is_refused(sandbox: Sandbox) -> None:
    client = stripe.StripeClient(
        secret_key("vail"), http_client=sandbox.http_client(), stripe_version="2025-03-31.basil"
    )
    with pytest.raises(stripe.InvalidRequestError, match=r"2026-10-28\.endive only"):
        client.v1.payment_intents.list()


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "../vail", "vail\n"])
def test_a_world_has_a_plain_name(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(BadWorldName):
        sandbox.open_world(name, webhook_url="https://parking.example")
    with pytest.raises(BadWorldName):
        secret_key(name)


def test_a_browser_reads_and_confirms_the_payment_whose_secret_it_has(vail: Account) -> None:
    intent, driver = vail.ask(), browser(vail.sandbox, "vail")
    seen = driver.v1.payment_intents.retrieve(intent.id, {"client_secret": str(intent.client_secret)})
    assert seen.status == "requires_payment_method"
    assert "metadata" not in seen
    assert "application_fee_amount" not in seen
    confirmed: Any = {"client_secret": intent.client_secret, "payment_method": "pm_card_visa"}
    assert driver.v1.payment_intents.confirm(intent.id, confirmed).status == "requires_capture"


@pytest.mark.parametrize("secret", ["pi_1_secret_2", ""])
def test_a_browser_without_the_secret_sees_nothing(vail: Account, secret: str) -> None:
    intent, driver = vail.ask(), browser(vail.sandbox, "vail")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        driver.v1.payment_intents.retrieve(intent.id, {"client_secret": secret})
    assert caught.value.http_status == 404


def test_a_browser_cannot_capture_cancel_or_list(vail: Account) -> None:
    intent, driver = vail.hold(), browser(vail.sandbox, "vail")
    for attempt in (
        lambda: driver.v1.payment_intents.capture(intent.id),
        lambda: driver.v1.payment_intents.cancel(intent.id),
        driver.v1.payment_intents.list,
        lambda: driver.v1.refunds.create({"payment_intent": intent.id}),
    ):
        with pytest.raises(stripe.AuthenticationError, match="publishable"):
            attempt()
    assert vail.intents.retrieve(intent.id).status == "requires_capture"


def test_a_browser_tokenises_a_test_card_and_no_other(vail: Account) -> None:
    driver = browser(vail.sandbox, "vail")
    card: Any = {"number": "4242 4242 4242 4242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    method = driver.v1.payment_methods.create({"type": "card", "card": card})
    assert method.card is not None
    assert method.card.last4 == "4242"
    with pytest.raises(stripe.CardError) as caught:
        driver.v1.payment_methods.create({"type": "card", "card": card | {"number": "4539578763621486"}})
    assert caught.value.code == "incorrect_number"
