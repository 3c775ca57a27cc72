"""An operator opens its account by a link, and is paid into it once the processor allows that."""

import json
from dataclasses import replace

import pytest
import stripe
from sqlalchemy import select

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadGateway, BadRequest, Conflict
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.gateways import processors
from app.gateways.embedded_processor import SandboxProcessor
from app.models import AuditEntry, Operator, PayoutAccount, StripeEvent
from app.presenters.payout_accounts import Onboarding
from app.services import payout_accounts, projects, stripe_events
from app.settings import Settings
from stripe_sandbox import Fault
from stripe_sandbox.worlds import World as ProcessorsWorld
from tests.conftest import EVENING, SetClock
from tests.factories import anyone, caller_of, make_operator, make_project
from tests.services.parking import end, pass_time, processor_meets, start
from tests.services.test_ledger import statement, without_an_account
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")

KEY = Once(key="link-1", fingerprint="f" * 64)
A_WHILE = 600
"""Seconds until the forms are filled in."""


@pytest.fixture
def world(time: SetClock) -> World:
    made = make_world()
    without_an_account(made)
    return made


def link(caller: Caller, once: Once | None = None, country: str = "US") -> Onboarding:
    return payout_accounts.link(caller, country=country, once=once).value


def accounts_at_the_processor(world: World) -> dict[str, str]:
    """Return the country of each account; one of them was there with the world."""
    client, _ = processors._line_to("sandbox", world.project.id)
    return {each.id: str(each.country) for each in client.v1.accounts.list().data}


def account() -> PayoutAccount:
    with database.reading() as db:
        return db.scalars(select(PayoutAccount)).one()


def destination(world: World) -> str | None:
    with database.reading() as db:
        return db.get_one(Operator, world.project.operator_id).connected_account


def take_news() -> None:
    for event in processors.embedded().pending_events(limit=1000):
        stripe_events.receive(anyone(), event.payload, event.signature)


def the_processor_closes(world: World, account_id: str) -> None:
    """Let an account take no payments any more, as when its owner does not answer what is asked."""
    processor = processors.embedded()
    assert isinstance(processor, SandboxProcessor)
    with processor._sandbox._store.writing() as db:
        here = ProcessorsWorld(db, str(world.project.id), int(EVENING.timestamp()))
        here.save(here.get("account", account_id) | {"charges_enabled": False})


def tell(settings: Settings, **event: object) -> None:
    """Tell an event of the processor's, signed by a secret of ours."""
    processors.configure(replace(settings, stripe_webhook_secrets=("whsec_ours",)))
    raw = json.dumps({"id": "evt_told", "livemode": False, **event})
    signature = stripe.WebhookSignature.generate_signature_header(raw, "whsec_ours")
    stripe_events.receive(anyone(), raw.encode(), signature)


def test_the_first_link_opens_an_account_and_the_next_ones_are_for_the_same(world: World) -> None:
    first = link(world.caller)
    assert first.url.startswith("https://parkgraph.com/?account_link=")
    assert not first.charges_enabled
    assert (first.expires_at - EVENING).total_seconds() == 300
    opened = account()
    assert link(world.caller).url != first.url
    assert account().account_id == opened.account_id
    assert destination(world) is None


def test_the_same_request_answers_the_same_link(world: World) -> None:
    first = link(world.caller, KEY)
    assert payout_accounts.link(world.caller, country="US", once=KEY).replayed
    assert link(world.caller, KEY) == first


@pytest.mark.parametrize("path", [r"/v1/accounts", r"/v1/account_links"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_processor_that_fails_opens_one_account_in_the_end(world: World, path: str, when: str) -> None:
    processor_meets(Fault(path=path, when=when))  # type: ignore[arg-type] # both are words of a Fault
    with pytest.raises(BadGateway):
        link(world.caller, KEY)
    made = link(world.caller, KEY)
    with database.reading() as db:
        assert len(db.scalars(select(PayoutAccount)).all()) == 1
    assert account().account_id in accounts_at_the_processor(world)
    assert len(accounts_at_the_processor(world)) == 2
    assert made == link(world.caller, KEY)


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_asks_for_another_country_before_there_is_an_account_gets_it(world: World, when: str) -> None:
    processor_meets(Fault(path=r"/v1/accounts", when=when))  # type: ignore[arg-type] # both are words of a Fault
    with pytest.raises(BadGateway):
        link(world.caller)
    link(world.caller, country="NL")
    assert accounts_at_the_processor(world)[str(account().account_id)] == "NL"
    opened = account().account_id
    link(world.caller, country="US")
    assert account().account_id == opened


def test_a_new_name_of_the_operator_changes_nothing_that_was_asked_before(world: World) -> None:
    processor_meets(Fault(path=r"/v1/accounts", when="after"))
    with pytest.raises(BadGateway):
        link(world.caller)
    with database.transaction() as db:
        db.get_one(Operator, world.project.operator_id).name = "Vail Parking"
    link(world.caller)
    assert len(accounts_at_the_processor(world)) == 2


def test_an_account_whose_opening_was_lost_is_found_after_its_key_is_forgotten(
    world: World, time: SetClock
) -> None:
    processor_meets(Fault(path=r"/v1/accounts", when="after"))
    with pytest.raises(BadGateway):
        link(world.caller)
    pass_time(world, time, 25 * 3600)
    time.move(hours=25)
    link(world.caller)
    assert len(accounts_at_the_processor(world)) == 2
    assert account().account_id in accounts_at_the_processor(world)


def test_a_key_that_answers_a_failure_for_ever_is_followed_by_another(world: World) -> None:
    processor_meets(Fault(path=r"/v1/accounts", remembered=True), times=1)
    with pytest.raises(BadGateway):
        link(world.caller)
    assert len(accounts_at_the_processor(world)) == 1
    link(world.caller)
    assert account().account_id in accounts_at_the_processor(world)


def test_an_account_of_another_wish_is_not_the_operators(world: World, time: SetClock) -> None:
    """Let the answer of a first request arrive after a second one asked for another country."""
    gateway = processors.card_payments_for("sandbox", world.project.id)
    with database.transaction() as db:
        payout_accounts._write_down(db, projects.of(world.caller), "US")
    asked = account()
    with database.transaction() as db:
        payout_accounts._write_down(db, projects.of(world.caller), "NL")
    late = gateway.create_connected_account(asked.key, name=str(asked.name), country="US")
    payout_accounts._opened(world.caller, asked, late)
    assert account().account_id is None
    with pytest.raises(Conflict, match="in another country"):
        payout_accounts._link(projects.of(world.caller), uuid7())
    link(world.caller, country="NL")
    assert accounts_at_the_processor(world)[str(account().account_id)] == "NL"


def test_stays_are_paid_out_once_the_account_takes_payments_and_owed_before(
    world: World, time: SetClock
) -> None:
    before = start(world, plate="BEFORE", payment_method="pm_card_visa")
    link(world.caller)
    pass_time(world, time, A_WHILE)
    take_news()
    assert account().charges_enabled
    assert destination(world) == account().account_id
    after = start(world, plate="AFTER", payment_method="pm_card_visa")
    pass_time(world, time, 3600)
    end(world, before)
    assert [kind for kind, _ in statement()] == ["charge", "fee"]
    end(world, after)
    assert [kind for kind, _ in statement()] == ["charge", "fee", "charge", "fee", "payout"]
    assert link(world.caller).charges_enabled


def test_an_account_that_may_not_be_paid_any_more_is_not(
    world: World, time: SetClock, settings: Settings
) -> None:
    link(world.caller)
    pass_time(world, time, A_WHILE)
    take_news()
    opened = str(account().account_id)
    the_processor_closes(world, opened)
    tell(settings, type="account.updated", data={"object": {"id": opened, "object": "account"}})
    assert destination(world) is None
    assert not link(world.caller).charges_enabled


def test_a_payout_that_failed_stands_in_the_audit_log(world: World, settings: Settings) -> None:
    link(world.caller)
    opened = account().account_id
    event = {"type": "payout.failed", "data": {"object": {"id": "po_1", "object": "payout"}}}
    tell(settings, **event, account=opened)
    tell(settings, **event, account=opened)
    with database.reading() as db:
        failed = AuditEntry.action == "payout_account.payout_failed"
        [entry] = db.scalars(select(AuditEntry).where(failed)).all()
    assert (entry.actor_type, entry.subject_id) == ("stripe", str(account().id))


def test_an_account_that_nobody_knows_changes_nothing(world: World, settings: Settings) -> None:
    tell(settings, type="account.updated", data={"object": {"id": "acct_nobody", "object": "account"}})
    with database.reading() as db:
        assert db.scalars(select(StripeEvent.type)).all() == ["account.updated"]


def test_an_event_of_real_money_is_not_believed_of_a_sandboxs_account(
    world: World, settings: Settings
) -> None:
    link(world.caller)
    subject = {"object": {"id": account().account_id, "object": "account"}}
    with pytest.raises(BadRequest):
        tell(settings, type="account.updated", data=subject, livemode=True)


def test_a_sandbox_has_the_account_that_it_was_made_with(time: SetClock) -> None:
    world = make_world()
    assert link(world.caller).charges_enabled
    assert account().account_id == destination(world)


def test_a_sandbox_opens_no_account_for_an_operator_of_other_projects(
    time: SetClock, settings: Settings
) -> None:
    processors.configure(replace(settings, payments_live="embedded"))
    operator = make_operator()
    sandbox, live = (make_project(operator=operator, kind=kind) for kind in ("sandbox", "live"))  # type: ignore[arg-type] # both are kinds
    with pytest.raises(Conflict, match="only a live key"):
        link(caller_of(sandbox))
    assert not link(caller_of(live)).charges_enabled
