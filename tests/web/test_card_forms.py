"""Where a browser gets the form that takes a card: from Stripe, or from the embedded processor."""

from collections.abc import Callable

from flask.testing import FlaskClient

from app.services import installation
from app.settings import Settings
from tests.services.parking import start
from tests.services.world import World
from tests.web.links import link


def at_stripe(settings: Settings, **changes: object) -> None:
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__} | changes
    installation.configure(Settings(**values))  # type: ignore[arg-type] # any settings, on purpose


def test_with_stripe_in_its_place_the_page_loads_stripes_own_script(
    world: World, pages: FlaskClient, settings: Settings
) -> None:
    started = start(world)
    at_stripe(settings, payments_sandbox="stripe-test", stripe_test_publishable_key="pk_test_of_stripe")
    answer = pages.get(link(started))
    assert '<script src="https://js.stripe.com/endive/stripe.js" defer></script>' in answer.text
    assert answer.headers["Content-Security-Policy"].endswith(
        "script-src 'self' https://js.stripe.com https://*.js.stripe.com; "
        "connect-src 'self' https://api.stripe.com; "
        "frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"
    )
    at_stripe(
        settings,
        payments_sandbox="stripe-test",
        stripe_test_publishable_key="pk_test_of_stripe",
        stripe_js_url="https://scripts.example/stripe.js",
    )
    moved = pages.get(link(started))
    assert 'src="https://scripts.example/stripe.js"' in moved.text
    assert "script-src 'self' https://scripts.example " in moved.headers["Content-Security-Policy"]


def test_without_a_key_for_browsers_the_page_says_where_to_authorise(
    world: World, pages: FlaskClient, settings: Settings
) -> None:
    started = start(world)
    at_stripe(settings, payments_sandbox="stripe-test")
    text = pages.get(link(started)).text
    assert "in the app or chat that you began in" in text
    assert "stripe.js" not in text


def test_the_card_form_is_there_while_the_embedded_processor_is(
    world: World, pages: FlaskClient, services: Callable[..., None]
) -> None:
    answer = pages.get("/stripe-sandbox/v3/stripe.js")
    assert (answer.status_code, answer.content_type) == (200, "text/javascript; charset=utf-8")
    refused = pages.post("/stripe-sandbox/v1/refunds", headers={"Authorization": "Bearer sk_test_embedded_x"})
    assert refused.status_code == 401
