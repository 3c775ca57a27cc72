"""What happens around a parked car in tests: drivers, agents, the worker, and a processor that fails."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import text

from app import database
from app.domain.callers import Caller
from app.domain.errors import ParkGraphError
from app.domain.idempotency import Once
from app.gateways import processors
from app.gateways.card_payments import HoldSnapshot
from app.gateways.embedded_processor import SandboxProcessor
from app.models import Lot, LotAvailability, Project
from app.presenters.sessions import SessionFacts, present
from app.services import due, sessions, stripe_events
from app.services.session_starts import Order
from app.worker import sweeps
from stripe_sandbox import Fault, Sandbox
from tests.conftest import EVENING, SetClock
from tests.factories import anyone
from tests.services.world import World

T = TypeVar("T")

KEY = Once(key="vail-evening", fingerprint="f" * 64)
TRIES = 3
"""How often the gateway tries a call that fails."""
CREATING, CONFIRMING = r"/v1/payment_intents", r".*/confirm"
RAISING, CAPTURING, CANCELING = r".*/increment_authorization", r".*/capture", r".*/cancel"


def order(world: World, plate: str = "CO-7891", lot: Lot | None = None, **wishes: object) -> Order:
    return Order(lot_id=(lot or world.lot).id, plate=plate, **wishes)  # type: ignore[arg-type] # test sugar


def start(world: World, plate: str = "CO-7891", **wishes: object) -> SessionFacts:
    return sessions.start(world.caller, order(world, plate, **wishes)).value


def extend(world: World, facts: SessionFacts, hours: int = 1, once: Once | None = None) -> dict[str, object]:
    session = facts.session
    extended = sessions.extend(
        world.caller, session.id, session_code=session.session_code, extend_hours=Decimal(hours), once=once
    )
    return present(extended.value)


def end(
    world: World, facts: SessionFacts, caller: Caller | None = None, once: Once | None = None
) -> dict[str, object]:
    session = facts.session
    ended = sessions.end(caller or world.caller, session.id, session_code=session.session_code, once=once)
    return present(ended.value)


def look_up(world: World, facts: SessionFacts) -> dict[str, object]:
    return present(sessions.get(world.caller, facts.session.id))


def free_spaces(lot: Lot) -> int:
    with database.reading() as db:
        return db.get_one(LotAvailability, lot.id).free


def pass_time(world: World, time: SetClock, seconds: int) -> None:
    """Let a sandbox's clock run on, and do what falls due."""
    with database.reading() as db:
        offset = db.get_one(Project, world.project.id).clock_offset
    target = time.at.timestamp() + offset / 1e6 + seconds
    due.run_until(world.project.id, EVENING.fromtimestamp(target, tz=EVENING.tzinfo))


def driver_authorises(world: World, facts: SessionFacts, card: str = "pm_card_visa") -> None:
    """Let the driver authorise the newest hold on a device, of which we hear nothing."""
    payments = processors.card_payments_for("sandbox", world.project.id)
    intent = str(facts.holds[-1].payment_intent_id)
    payments.keep_card(str(uuid4()), payment_intent_id=intent, session_id=str(facts.session.id))
    payments.confirm(str(uuid4()), payment_intent_id=intent, payment_method=card)


def driver_authenticates(world: World, facts: SessionFacts) -> None:
    """Let the driver authorise with a card that wants to see its driver each time, and be heard of."""
    driver_authorises(world, facts, "pm_card_authenticationRequired")
    sandbox().authenticate(str(world.project.id), str(facts.holds[-1].payment_intent_id), succeeds=True)
    tell_of_everything()


def tell_of_everything() -> None:
    """Take the embedded processor's events to our own door."""
    for event in processors.embedded().pending_events():
        stripe_events.receive(anyone(), event.payload, event.signature)


def at_the_processor(world: World, facts: SessionFacts) -> HoldSnapshot:
    """Return what the processor says of a session's hold now."""
    return processors.card_payments_for("sandbox", world.project.id).fetch(intent_of(facts))


def intent_of(facts: SessionFacts) -> str:
    return str(facts.holds[0].payment_intent_id)


def processor_meets(fault: Fault, *, times: int = TRIES) -> None:
    """Let something go wrong at the embedded processor; there is no other way in than its own object."""
    for _ in range(times):
        sandbox().inject(fault)


def sandbox() -> Sandbox:
    processor = processors.embedded()
    assert isinstance(processor, SandboxProcessor)
    return processor._sandbox


def worker_goes_round(time: SetClock, times: int = 2) -> None:
    """Let half a minute pass, so that no attempt has a lease, and let the worker do its part."""
    for _ in range(times):
        time.move(seconds=31)
        sweeps.finish_operations()
        sweeps.run_due()


def in_parallel(number: int, work: Callable[[], T]) -> tuple[list[T], list[ParkGraphError]]:
    answers: list[T] = []
    refusals: list[ParkGraphError] = []
    start_line = threading.Barrier(number)

    def run() -> None:
        start_line.wait()
        try:
            answers.append(work())
        except ParkGraphError as refusal:
            refusals.append(refusal)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) + len(refusals) == number
    return answers, refusals


def wait_until_it_waits(work: threading.Thread) -> None:
    """Return once work waits for another's lock, or is over; on SQLite it waits before it begins."""
    if database.engine().dialect.name == "sqlite":
        return
    with database.engine().connect() as connection:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while work.is_alive() and not connection.scalar(waiting):
            connection.rollback()
