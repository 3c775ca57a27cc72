"""Webhooks are made, changed and deleted by their project alone, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadRequest, Conflict, NotFound
from app.domain.idempotency import Once
from app.domain.webhooks import Outcome
from app.models import Webhook
from app.services import audit, delivery_lists, event_lists, installation, webhook_secrets, webhooks
from app.services.webhooks import Wishes
from app.settings import Settings
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_operator, make_project
from tests.gateways.hostile_receivers import URLS
from tests.services import hooks
from tests.services.hooks import Network, make_webhook, tell
from tests.services.parking import end, start
from tests.services.world import World, make_world

URL = "https://hooks.example.com/park?token=abc"
ONCE = Once("hooks", "f" * 64)


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def network() -> Iterator[Network]:
    with hooks.network() as made:
        yield made


def create(caller: Caller, url: str = URL, **facts: Any) -> webhooks.Shown:
    return webhooks.create(caller, url=url, events=["session.created"], **facts).value


def change(caller: Caller, webhook: Webhook, **wishes: Any) -> webhooks.Shown:
    return webhooks.change(caller, webhook.id, Wishes(**wishes)).value


def test_a_secret_is_shown_once_and_signs_what_is_sent(world: World, network: Network) -> None:
    first, again = (create(world.caller, once=ONCE) for _ in range(2))
    assert first.webhook.id == again.webhook.id
    assert again.secret is None
    start(world)
    tell()
    assert network.arrived[0].secrets == [first.secret]
    assert first.secret not in repr(first)
    assert first.secret != hooks.webhook(first.webhook.id).secret


def test_a_rotated_secret_signs_beside_the_old_one(world: World, network: Network, time: SetClock) -> None:
    made = create(world.caller)
    second = change(world.caller, made.webhook, rotate_secret=True).secret
    start(world, "CO-1")
    tell()
    third = change(world.caller, made.webhook, rotate_secret=True).secret
    start(world, "CO-2")
    tell()
    time.move(hours=24)
    start(world, "CO-3")
    tell()
    signed = [list(message.secrets) for message in network.arrived]
    assert signed == [[second, made.secret], [third, second], [third]]


def test_a_rotation_that_is_sent_twice_is_done_once(world: World, network: Network) -> None:
    made = create(world.caller)
    answers = [
        webhooks.change(world.caller, made.webhook.id, Wishes(rotate_secret=True), once=ONCE)
        for _ in range(2)
    ]
    assert [answer.replayed for answer in answers] == [False, True]
    assert answers[1].value.secret is None
    assert webhook_secrets.unseal(hooks.webhook(made.webhook.id).secret) == answers[0].value.secret


def test_no_hostile_address_is_taken(world: World, network: Network) -> None:
    live = caller_of(make_project(kind="live"))
    made = create(live)
    for url in URLS:
        for attempt in (
            lambda url=url: create(live, url),
            lambda url=url: change(live, made.webhook, url=url),
        ):
            with pytest.raises(BadRequest) as refused:
                attempt()
            assert [detail.field for detail in refused.value.details] == ["url"]
    assert webhooks.page(live, limit=10).entries[0].url == URL


def test_a_name_that_leads_inside_is_not_taken(world: World, network: Network) -> None:
    network.answers["inside.example.com"] = Outcome(duration_ms=0, failure="address_refused")
    with pytest.raises(BadRequest, match="not public"):
        create(world.caller, "https://inside.example.com/")
    assert webhooks.page(world.caller, limit=10).entries == []


def test_the_own_machine_is_taken_where_the_installation_says_so(
    world: World, network: Network, settings: Settings
) -> None:
    with pytest.raises(BadRequest):
        create(world.caller, "http://localhost:9000/")
    installation.configure(replace(settings, webhooks_to_loopback=True))
    assert create(world.caller, "http://localhost:9000/").webhook.status == "enabled"
    with pytest.raises(BadRequest):
        create(caller_of(make_project(kind="live")), "http://localhost:9000/")


def test_a_project_has_at_most_twenty(world: World, network: Network) -> None:
    made = [create(world.caller) for _ in range(20)]
    with pytest.raises(Conflict, match="at most 20"):
        create(world.caller)
    webhooks.delete(world.caller, made[0].webhook.id)
    assert create(world.caller).webhook.id != made[0].webhook.id


def test_what_a_webhook_hears_of_is_changed_and_turned_off_and_on(world: World, network: Network) -> None:
    webhook = create(world.caller).webhook
    changed = change(world.caller, webhook, url="https://other.example.com/", events=["session.ended"])
    assert (changed.webhook.url, changed.webhook.events) == ("https://other.example.com/", ["session.ended"])
    assert change(world.caller, webhook, enabled=False).webhook.status == "disabled"
    end(world, start(world, "CO-1"))
    tell()
    assert change(world.caller, webhook, enabled=True).webhook.status == "enabled"
    tell()
    assert network.sent == []
    end(world, start(world, "CO-2"))
    tell()
    assert network.arrived_types() == ["session.ended"]


def test_what_waited_when_a_webhook_was_turned_off_waits_on(
    world: World, network: Network, time: SetClock
) -> None:
    webhook = create(world.caller).webhook
    network.answers["hooks.example.com"] = Outcome(duration_ms=1, status=500)
    start(world)
    tell()
    change(world.caller, webhook, enabled=False)
    del network.answers["hooks.example.com"]
    time.move(hours=1)
    tell()
    assert network.arrived == []
    change(world.caller, webhook, enabled=True)
    tell()
    assert network.arrived_types() == ["session.created"]


def test_a_webhook_that_is_gone_or_left_alone_is_taken_up_again_by_enabling_it(
    world: World, network: Network
) -> None:
    webhook = make_webhook(world.project, status="gone", failures=9, paused_until=world.project.created_at)
    enabled = change(world.caller, webhook, enabled=True).webhook
    assert (enabled.status, enabled.failures, enabled.paused_until) == ("enabled", 0, None)


def test_a_deleted_webhook_is_sent_nothing_and_is_not_there(world: World, network: Network) -> None:
    webhook = create(world.caller).webhook
    network.answers["hooks.example.com"] = Outcome(duration_ms=1, status=500)
    start(world)
    tell()
    webhooks.delete(world.caller, webhook.id)
    assert [delivery.state for delivery in hooks.deliveries(webhook.id)] == ["failed"]
    for attempt in (
        lambda: change(world.caller, webhook),
        lambda: webhooks.delete(world.caller, webhook.id),
        lambda: delivery_lists.ping(world.caller, webhook.id),
        lambda: delivery_lists.page(world.caller, webhook.id, limit=1),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert webhooks.page(world.caller, limit=10).entries == []


def test_a_webhook_of_another_project_does_not_exist(world: World, network: Network) -> None:
    webhook = create(world.caller).webhook
    delivery = delivery_lists.ping(world.caller, webhook.id).value
    for stranger in (
        caller_of(make_project()),
        caller_of(make_project(operator=make_operator(), kind="live")),
    ):
        for attempt in (
            lambda who=stranger: change(who, webhook, enabled=False),
            lambda who=stranger: webhooks.delete(who, webhook.id),
            lambda who=stranger: delivery_lists.ping(who, webhook.id),
            lambda who=stranger: delivery_lists.page(who, webhook.id, limit=1),
            lambda who=stranger: delivery_lists.redeliver(who, webhook.id, delivery.id),
        ):
            with pytest.raises(NotFound):
                attempt()
        assert webhooks.page(stranger, limit=10).entries == []
    assert hooks.webhook(webhook.id).status == "enabled"


def test_every_change_stands_in_the_log_without_address_and_secret(world: World, network: Network) -> None:
    made = create(world.caller)
    change(world.caller, made.webhook)
    change(world.caller, made.webhook, url="https://other.example.com/?token=def", rotate_secret=True)
    delivery_lists.ping(world.caller, made.webhook.id)
    webhooks.delete(world.caller, made.webhook.id)
    with database.reading() as db:
        entries = audit.entries(db, operator_id=world.project.operator_id)
    written = [entry.action for entry in entries if entry.action.startswith("webhook.")]
    assert written == ["webhook.create", "webhook.change", "webhook.ping", "webhook.delete"]
    text = str([entry.diff for entry in entries])
    assert not [hidden for hidden in ("token", "whsec_", str(made.secret)) if hidden in text]


def test_a_ping_is_sent_once_also_while_a_webhook_is_left_alone(
    world: World, network: Network, time: SetClock
) -> None:
    webhook = make_webhook(world.project, failures=9, paused_until=time.at.replace(year=2027))
    network.answers["hooks.example.com"] = Outcome(duration_ms=1, status=500)
    delivery = delivery_lists.ping(world.caller, webhook.id).value
    for _ in range(3):
        tell()
        time.move(hours=1)
    assert [message.id for message in network.sent] == [str(delivery.event_id)]
    [facts] = delivery_lists.page(world.caller, webhook.id, limit=1).entries
    assert (facts.delivery.state, [attempt.status for attempt in facts.attempts]) == ("failed", [500])


def test_a_ping_takes_no_part_in_the_list_of_events(world: World, network: Network) -> None:
    webhook = create(world.caller).webhook
    delivery_lists.ping(world.caller, webhook.id)
    assert event_lists.page(world.caller, limit=10).entries == []


def test_an_event_is_sent_once_more_byte_by_byte_and_under_its_id(world: World, network: Network) -> None:
    webhook = create(world.caller).webhook
    start(world)
    tell()
    [delivery] = hooks.deliveries(webhook.id)
    answers = [delivery_lists.redeliver(world.caller, webhook.id, delivery.id, once=ONCE) for _ in range(2)]
    assert answers[0].value.id == answers[1].value.id != delivery.id
    tell()
    first, again = network.arrived
    assert (first.id, first.body) == (again.id, again.body)


def test_to_a_webhook_that_is_turned_off_nothing_is_sent_by_hand(world: World, network: Network) -> None:
    webhook = create(world.caller).webhook
    delivery = delivery_lists.ping(world.caller, webhook.id).value
    change(world.caller, webhook, enabled=False)
    for attempt in (
        lambda: delivery_lists.ping(world.caller, webhook.id),
        lambda: delivery_lists.redeliver(world.caller, webhook.id, delivery.id),
    ):
        with pytest.raises(Conflict, match="not enabled"):
            attempt()


def test_a_delivery_of_another_webhook_is_not_sent_again(world: World, network: Network) -> None:
    first, second = (create(world.caller).webhook for _ in range(2))
    delivery = delivery_lists.ping(world.caller, first.id).value
    for unknown in (delivery.id, UUID(int=0)):
        with pytest.raises(NotFound, match="delivery"):
            delivery_lists.redeliver(world.caller, second.id, unknown)


def test_events_are_listed_newest_first_page_by_page_and_by_type(world: World) -> None:
    for number in range(3):
        end(world, start(world, f"CO-{number}"))
    everything = [event.id for event in hooks.events()][::-1]
    listed: list[UUID] = []
    cursor: UUID | None = None
    while True:
        page = event_lists.page(world.caller, limit=2, cursor=cursor)
        listed += [event.id for event in page.entries]
        if page.next_cursor is None:
            break
        cursor = UUID(page.next_cursor)
    assert listed == everything
    ended = event_lists.page(world.caller, limit=10, event_type="session.ended").entries
    assert [event.type for event in ended] == ["session.ended"] * 3


def test_events_of_other_worlds_and_operators_are_not_listed(world: World) -> None:
    start(world)
    operator_id = world.project.operator_id
    lot = make_lot(project=world.project)
    others = [make_project(kind="live"), make_project()]
    same_operator = caller_of(make_project(kind="live"))
    assert same_operator.project is not None
    live_twin = same_operator._replace(project=replace(same_operator.project, operator_id=operator_id))
    assert lot.operator_id == operator_id
    for stranger in (*map(caller_of, others), live_twin):
        assert event_lists.page(stranger, limit=10).entries == []
    assert len(event_lists.page(world.caller, limit=10).entries) == 1
