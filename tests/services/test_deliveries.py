"""Events reach their receivers at least once, in order, as the bytes that they were, on both databases."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from app import database
from app.domain import ids, webhooks
from app.domain.webhooks import Outcome
from app.gateways import processors, webhook_delivery
from app.gateways.webhook_delivery import Message
from app.models import Delivery, Webhook
from app.services import deliveries, event_spreading, installation, keys, sessions, webhook_secrets
from app.services.session_starts import Order
from app.services.webhook_secrets import WebhookKeyError
from app.settings import Settings
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_key, make_lot, make_operator, make_project
from tests.services import hooks
from tests.services.hooks import Network, make_webhook, tell
from tests.services.parking import end, extend, start
from tests.services.world import World, make_world

DOWN = Outcome(duration_ms=5, failure="connection_failed")


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def network() -> Iterator[Network]:
    with hooks.network() as made:
        yield made


def live(world: World, name: str) -> None:
    """Let a session begin, go on and end."""
    facts = start(world, name, payment_method="pm_card_visa")
    extend(world, facts)
    end(world, facts)


def by_subject(messages: list[Message]) -> dict[UUID, list[str]]:
    """Return the ids of messages by what they are about, in the order of their arrival."""
    subjects = {str(event.id): event.subject_id for event in hooks.events()}
    found: dict[UUID, list[str]] = {}
    for message in messages:
        found.setdefault(subjects[message.id], []).append(message.id)
    return found


def test_a_receiver_that_is_down_for_an_hour_hears_of_everything_in_order(
    world: World, time: SetClock, network: Network
) -> None:
    make_webhook(world.project)
    network.answers["hooks.example.com"] = DOWN
    for minute in range(60):
        if minute % 6 == 0:
            live(world, f"CO-{minute}")
        tell()
        time.move(minutes=1)
    assert network.arrived == []
    del network.answers["hooks.example.com"]
    for _ in range(6 * 60):
        tell()
        time.move(minutes=1)
    told = {str(event.id): event for event in hooks.events()}
    assert len(told) == 40
    assert {message.id for message in network.arrived} == set(told)
    assert all(message.body == told[message.id].body for message in (*network.sent, *network.arrived))
    for subject_id, arrived in by_subject(network.arrived).items():
        happened = [key for key, event in told.items() if event.subject_id == subject_id]
        assert list(dict.fromkeys(arrived)) == happened
    assert max(Counter(message.id for message in network.sent).values()) <= webhooks.MOST_ATTEMPTS


def test_while_it_is_down_a_receiver_is_asked_less_and_less(
    world: World, time: SetClock, network: Network
) -> None:
    webhook = make_webhook(world.project, events=["session.created"])
    network.answers["hooks.example.com"] = DOWN
    for number in range(40):
        start(world, f"CO-{number}")
    for _ in range(360):
        tell()
        time.move(seconds=10)
    assert len(network.sent) < 15
    assert hooks.webhook(webhook.id).failures == len(network.sent)


def test_one_that_never_answers_keeps_no_other_from_hearing(
    world: World, time: SetClock, network: Network
) -> None:
    for number in range(3):
        make_webhook(world.project, url=f"https://dead{number}.example.com/")
        network.answers[f"dead{number}.example.com"] = DOWN
    make_webhook(world.project, url="https://alive.example.com/", events=["session.created"])
    for number in range(5):
        start(world, f"CO-{number}")
    tell()
    assert len([each for each in network.arrived if each.target.host == "alive.example.com"]) == 5


def test_the_schedule_is_kept_to_its_end(world: World, time: SetClock, network: Network) -> None:
    webhook = make_webhook(world.project, events=["session.created"])
    network.answers["hooks.example.com"] = Outcome(duration_ms=7, status=500, excerpt="no")
    start(world)
    tell()
    while (delivery := hooks.deliveries(webhook.id)[0]).state == "pending":
        # The worker goes round all the time; it is let to where it might matter, the more often the nearer.
        time.at += max(timedelta(minutes=5), (delivery.due_at - time.at) / 8)
        tell()
    [delivery] = hooks.deliveries(webhook.id)
    made = hooks.attempts(delivery.id)
    assert (delivery.state, [attempt.number for attempt in made]) == ("failed", list(range(1, 11)))
    waits = [later.at - earlier.at for earlier, later in pairwise(made)]
    for wait, published in zip(waits, webhooks.RETRIES, strict=True):
        assert published <= wait <= published * 1.1 + webhooks.LONGEST_PAUSE + timedelta(minutes=6)
    assert {(attempt.status, attempt.excerpt, attempt.duration_ms) for attempt in made} == {(500, "no", 7)}


def test_what_comes_later_waits_for_what_came_before_and_for_nothing_else(
    world: World, time: SetClock, network: Network
) -> None:
    make_webhook(world.project)
    network.answers["hooks.example.com"] = DOWN
    first = start(world, "CO-1")
    tell()
    del network.answers["hooks.example.com"]
    second = start(world, "CO-2")
    end(world, first)
    tell()
    arrived = by_subject(network.arrived)
    assert first.session.id not in arrived
    assert len(arrived[second.session.id]) == 1
    time.move(seconds=6)
    tell()
    assert network.arrived_types() == ["session.created", "session.created", "session.ended"]


def test_what_was_given_up_lets_what_comes_later_through(
    world: World, time: SetClock, network: Network
) -> None:
    webhook = make_webhook(world.project, events=["session.created", "session.extended"])
    network.answers["hooks.example.com"] = DOWN
    extend(world, start(world))
    tell()
    with database.transaction() as db:
        db.execute(update(Delivery).where(Delivery.attempts > 0).values(attempts=9, due_at=time.at))
    tell()
    assert [each.state for each in hooks.deliveries(webhook.id)] == ["failed", "pending"]
    del network.answers["hooks.example.com"]
    tell()
    assert network.arrived_types() == ["session.extended"]


def test_a_receiver_hears_of_what_it_asked_for_once_it_had_asked(
    world: World, time: SetClock, network: Network
) -> None:
    start(world, "CO-1")
    time.move(seconds=1)
    make_webhook(world.project, events=["session.ended"])
    live(world, "CO-2")
    tell()
    assert network.arrived_types() == ["session.ended"]


def test_who_hears_of_a_live_session_is_its_maker_and_the_lots_operator(
    services: None, time: SetClock, network: Network, settings: Settings
) -> None:
    owner, maker, stranger = (make_operator(name=name) for name in ("Owner", "Maker", "Stranger"))
    projects = {
        "maker": make_project(operator=maker, kind="live"),
        "another of the maker's": make_project(operator=maker, kind="live"),
        "operator": make_project(operator=owner, kind="live"),
        "another of the operator's": make_project(operator=owner, kind="live"),
        "the operator's sandbox": make_project(operator=owner, kind="sandbox"),
        "stranger": make_project(operator=stranger, kind="live"),
    }
    names = {make_webhook(project).id: name for name, project in projects.items()}
    processors.configure(replace(settings, payments_live="embedded"))
    lot = make_lot(operator=owner)
    order = Order(lot_id=lot.id, plate="CO-7891")
    sessions.start(caller_of(projects["maker"]), order)
    tell()
    heard = {name for webhook_id, name in names.items() if hooks.deliveries(webhook_id)}
    assert heard == {"maker", "operator", "another of the operator's"}


def test_a_rotated_key_is_the_business_of_its_project_alone(
    services: None, time: SetClock, network: Network
) -> None:
    operator = make_operator()
    own, other = (make_project(operator=operator, kind="live") for _ in range(2))
    webhooks_ = [make_webhook(project) for project in (own, other)]
    keys.rotate(caller_of(own), make_key(project=own).row.id)
    tell()
    assert [len(hooks.deliveries(webhook.id)) for webhook in webhooks_] == [1, 0]


def test_two_workers_spread_an_event_once_and_make_each_attempt_once(
    world: World, time: SetClock, network: Network
) -> None:
    webhook = make_webhook(world.project)
    for number in range(6):
        live(world, f"CO-{number}")

    def work(_: int) -> None:
        event_spreading.spread()
        while deliveries.serve(webhook.id):
            continue

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    tell()
    assert len(network.sent) == len(hooks.events()) == 24
    assert len({message.id for message in network.sent}) == 24
    for subject_id, arrived in by_subject(network.arrived).items():
        assert arrived == [str(each.id) for each in hooks.events() if each.subject_id == subject_id]


def test_an_attempt_that_was_seen_by_two_is_made_by_one(
    world: World, time: SetClock, network: Network
) -> None:
    webhook = make_webhook(world.project)
    start(world)
    event_spreading.spread()
    seen = deliveries._next(webhook.id)
    assert seen is not None
    assert deliveries._claim(seen) is not None
    assert deliveries._claim(seen) is None


def test_an_attempt_whose_worker_died_is_made_again_after_its_lease(
    world: World, time: SetClock, network: Network
) -> None:
    webhook = make_webhook(world.project)
    start(world)
    event_spreading.spread()
    died = deliveries._take(webhook.id)
    tell()
    assert network.sent == []
    time.move(seconds=61)
    tell()
    assert network.arrived_types() == ["session.created"]
    assert died is not None
    deliveries._settle(died, DOWN, time.at)
    [delivery] = hooks.deliveries(webhook.id)
    assert (delivery.state, [each.number for each in hooks.attempts(delivery.id)]) == ("delivered", [2])


def test_a_receiver_that_is_gone_hears_of_nothing_more(
    world: World, time: SetClock, network: Network
) -> None:
    webhook = make_webhook(world.project, events=["session.created"])
    network.answers["hooks.example.com"] = Outcome(duration_ms=1, status=410)
    for number in range(3):
        start(world, f"CO-{number}")
    tell()
    time.move(days=2)
    tell()
    assert hooks.webhook(webhook.id).status == "gone"
    assert len(network.sent) == 1


@pytest.mark.parametrize("facts", [{"status": "disabled"}, {"deleted_at": EVENING}], ids=["off", "deleted"])
def test_a_receiver_that_was_turned_off_hears_of_nothing(
    world: World, network: Network, facts: dict[str, object]
) -> None:
    make_webhook(world.project, **facts)
    start(world)
    tell()
    assert network.sent == []
    assert all(event.spread_at is not None for event in hooks.events())


def test_events_are_signed_with_both_secrets_until_the_old_one_has_had_its_day(
    world: World, time: SetClock, network: Network
) -> None:
    old, new = (webhooks.new_secret() for _ in range(2))
    make_webhook(
        world.project,
        secret=webhook_secrets.seal(new),
        previous_secret=webhook_secrets.seal(old),
        previous_until=time.at + webhooks.BOTH_SECRETS_FOR,
    )
    for minutes, signing in ((0, [new, old]), (24 * 60 - 1, [new, old]), (1, [new])):
        time.move(minutes=minutes)
        start(world, f"CO-{minutes}")
        tell()
        assert list(network.sent[-1].secrets) == signing


def test_an_address_that_is_no_longer_allowed_is_not_sent_to(
    world: World, time: SetClock, network: Network, settings: Settings
) -> None:
    webhook = make_webhook(world.project, url="http://127.0.0.1:9000/hook")
    installation.configure(replace(settings, webhooks_to_loopback=True))
    start(world, "CO-1")
    tell()
    assert len(network.arrived) == 1
    installation.configure(settings)
    start(world, "CO-2")
    tell()
    assert len(network.sent) == 1
    [attempt] = hooks.attempts(hooks.deliveries(webhook.id)[1].id)
    assert (attempt.status, attempt.failure) == (None, "address_refused")


def test_no_receiver_is_sent_to_inside_a_transaction(
    world: World, time: SetClock, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(network, "deliver", lambda _: seen.append(database.in_transaction()) or hooks.TAKEN)
    make_webhook(world.project)
    start(world)
    tell()
    assert seen == [False]


def test_a_turn_ends_so_that_others_have_theirs(
    world: World, time: SetClock, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "TURN_SECONDS", 0.0)
    webhook = make_webhook(world.project)
    start(world)
    event_spreading.spread()
    assert deliveries.serve(webhook.id) == 0


def test_what_was_told_a_month_ago_is_forgotten_and_nothing_younger(
    world: World, time: SetClock, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = make_webhook(world.project)
    start(world, "CO-1")
    tell()
    monkeypatch.setattr(deliveries, "first_of", lambda _: ids.uuid7())
    assert deliveries.forget() == 2
    monkeypatch.undo()
    start(world, "CO-2")
    tell()
    assert deliveries.forget() == 0
    assert len(hooks.events()) == len(hooks.deliveries(webhook.id)) == 1


def test_an_attempt_that_could_not_be_signed_counts_as_none(
    world: World, network: Network, time: SetClock, settings: Settings
) -> None:
    webhook = make_webhook(world.project)
    start(world)
    event_spreading.spread()
    key = settings.webhook_key_path.read_bytes()
    settings.webhook_key_path.write_bytes(Fernet.generate_key())
    with pytest.raises(WebhookKeyError):
        deliveries.serve(webhook.id)
    settings.webhook_key_path.write_bytes(key)
    time.move(seconds=61)
    tell()
    assert [attempt.number for attempt in hooks.attempts(hooks.deliveries(webhook.id)[0].id)] == [1]


def test_what_an_old_address_answered_says_nothing_of_the_new_one(world: World, network: Network) -> None:
    webhook = make_webhook(world.project)

    class Moved(hooks.Network):
        def deliver(self, message: Message) -> Outcome:
            with database.transaction() as db:
                db.get_one(Webhook, webhook.id).url = "https://new.example.com/"
            return Outcome(duration_ms=1, status=410)

    start(world)
    event_spreading.spread()
    with webhook_delivery.use(Moved()):
        deliveries.serve(webhook.id)
    with database.reading() as db:
        assert db.get_one(Webhook, webhook.id).status == "enabled"
