"""The worker tells by itself, every receiver in its turn, and none of them holds up another."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from app.domain.webhooks import Outcome
from app.gateways import webhook_delivery
from app.gateways.webhook_delivery import Message
from app.services import deliveries, event_spreading
from app.worker import telling
from tests.conftest import SetClock
from tests.services import hooks
from tests.services.hooks import Network, make_webhook
from tests.services.parking import start
from tests.services.world import World, make_world

DOWN = Outcome(duration_ms=5, failure="connection_failed")


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def network() -> Iterator[Network]:
    with hooks.network() as made:
        yield made


def test_a_secret_that_cannot_be_read_is_reported_and_holds_up_no_other_receiver(
    world: World, time: SetClock, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = Fernet(Fernet.generate_key()).encrypt(b"whsec_abc").decode()
    make_webhook(world.project, url="https://broken.example.com/", secret=foreign)
    make_webhook(world.project, url="https://whole.example.com/")
    start(world)
    event_spreading.spread()
    tellers = telling.Tellers("sandbox", most=2)
    assert tellers.begin() == 2
    wait_for(lambda: [message.target.host for message in network.arrived] == ["whole.example.com"])
    tellers.stop()
    assert "is not the key that this secret was encrypted with" in caplog.text


def test_the_worker_s_loops_tell_by_themselves(world: World, network: Network) -> None:
    make_webhook(world.project)
    start(world)
    loops = telling.loops()
    for loop in loops:
        loop.go_round()
    wait_for(lambda: network.arrived_types() == ["session.created"])
    for loop in loops:
        loop.stop()
    assert hooks.due_receivers() == []


def test_a_slow_receiver_holds_up_no_other_and_no_round(world: World, time: SetClock) -> None:
    slow, quick = make_webhook(world.project, url="https://slow.example.com/"), make_webhook(world.project)
    let_go, told = threading.Event(), list[str]()

    class Network(hooks.Network):
        def deliver(self, message: Message) -> Outcome:
            if message.target.host == "slow.example.com":
                let_go.wait(20)
            told.append(message.target.host)
            return super().deliver(message)

    start(world)
    event_spreading.spread()
    tellers = telling.Tellers("sandbox", most=2)
    with webhook_delivery.use(Network()):
        assert tellers.begin() == 2
        assert tellers.begin() == 0  # both are busy, or have nothing more to tell
        wait_for(lambda: told == ["hooks.example.com"])
        start(world, "CO-2")
        event_spreading.spread()
        wait_for(lambda: tellers.begin() == 1)
        wait_for(lambda: told == ["hooks.example.com"] * 2)
        let_go.set()
        tellers.stop()
    assert {delivery.state for delivery in hooks.deliveries(quick.id)} == {"delivered"}
    assert "slow.example.com" in told
    assert len(hooks.deliveries(slow.id)) == 2


def test_receivers_have_their_turns_in_a_circle(world: World, network: Network) -> None:
    made = sorted(make_webhook(world.project).id for _ in range(3))
    start(world)
    event_spreading.spread()
    begun = due_receivers(limit=2)
    assert begun == made[:2]
    assert due_receivers(limit=2, after=begun[-1]) == made[2:]
    assert due_receivers(limit=3, besides=begun) == made[2:]
    assert due_receivers(limit=3, not_of=[world.project.id]) == []
    assert list(deliveries.due_receivers("live", limit=3)) == []


class HangingNetwork(hooks.Network):
    """A network in which some receivers hang until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.told = list[str]()

    def deliver(self, message: Message) -> Outcome:
        if message.target.host.startswith("hangs"):
            self.let_go.wait(20)
            return Outcome(duration_ms=15_000, failure="timed_out")
        self.told.append(message.target.host)
        return super().deliver(message)


@pytest.mark.parametrize("failures", [0, 1, 4])
def test_receivers_that_hang_leave_threads_to_those_that_work(
    world: World, time: SetClock, failures: int
) -> None:
    """Let one project's receivers hang, for the first time or again, and another's work."""
    for number in range(6):
        make_webhook(world.project, url=f"https://hangs-{number}.example.com/", failures=failures)
    other = make_world()
    make_webhook(other.project, url="https://works.example.com/")
    network = HangingNetwork()
    start(world)
    start(other)
    event_spreading.spread()
    tellers = telling.Tellers("sandbox", most=4)
    with webhook_delivery.use(network):
        tellers.begin()
        wait_for(lambda: len(network.told) == 1)
        network.let_go.set()
        tellers.stop()


def test_a_receiver_that_works_has_its_thread_while_those_that_failed_hang(
    world: World, time: SetClock
) -> None:
    """Tell a project of several things while others of its receivers hang again and again."""
    for number in range(6):
        make_webhook(world.project, url=f"https://hangs-{number}.example.com/", failures=1)
    make_webhook(world.project, url="https://works.example.com/")
    network = HangingNetwork()
    tellers = telling.Tellers("sandbox", most=4)
    with webhook_delivery.use(network):
        for number in range(1, 4):
            start(world, f"CO-{number}")
            event_spreading.spread()
            wait_for(lambda: tellers.begin() >= 1)
            wait_for(lambda: len(network.told) == number)  # noqa: B023 -- it is over before the number changes
        network.let_go.set()
        tellers.stop()


def due_receivers(**wishes: Any) -> list[UUID]:
    return [each.webhook_id for each in deliveries.due_receivers("sandbox", **wishes)]


def wait_for(came: Callable[[], bool]) -> None:
    """Wait a few seconds for another thread."""
    deadline = monotonic() + 10
    while not came():
        assert monotonic() < deadline
        sleep(0.01)
