"""Fill a fresh database with the gate's world; run as a process of its own before a server starts.

    python -m gate.seeding WORLD.json

The sandboxes are made by the service that createSandbox uses. Keys and their raised budgets, huge lots and
live projects are rows: nothing in the server knows that it is being tested.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from app import database, migrations
from app.contract.document import Contract, Operation
from app.domain import clock, ids
from app.domain.callers import Actor, Caller, Plan
from app.gateways import processors
from app.models import Project
from app.services import (
    batches,
    due,
    installation,
    processor_events,
    sandboxes,
    scopes,
    sessions,
    stripe_events,
)
from app.services.due import SIMULATED_CARD
from app.services.projects import SimulatedDriver
from app.services.session_starts import Order
from app.settings import from_environment
from gate.world import ENOUGH, Tenant, World
from tests.factories import (
    ALL_SCOPES,
    caller_of,
    keep,
    make_key,
    make_lot,
    make_operator,
    make_project,
    make_tariff,
)

LONGEST_STAY = 8784
PAID_SESSIONS = 12
FOUR_HOURS = 14_400
END_USER_BUDGET = 20
"""The reference's figure, for the one tenant that opted in."""

# The ids of the contract's own examples, so that its examples work here as they are written.
EXAMPLE_LOTS = ("019bc262-9800-752e-89a7-834df2a74de4", "019bc262-9be8-7651-8317-1ff4a6a3a450")


def seed() -> World:
    """Make every tenant."""
    operator, maker, stranger = (_live_project(name) for name in ("lot operator", "maker", "stranger"))
    return World(
        tenants={
            "fuzzed": _with_paid_sessions(_sandbox(lot_ids=EXAMPLE_LOTS)),
            "owner": _with_paid_sessions(_sandbox()),
            "other": _sandbox(),
            "changed": _sandbox(),
            "undriven": _sandbox(simulated_driver="absent"),
            "starter": _sandbox(plan="starter"),
            "opted in": _sandbox(end_user_budget=END_USER_BUDGET),
            "live operator": _tenant(operator, plan="growth"),
            "live maker": _tenant(maker, plan="growth"),
            "live stranger": _tenant(stranger, plan="growth"),
        },
    )


def _live_project(name: str) -> Project:
    return make_project(operator=make_operator(name=f"Synthetic {name}"), kind="live")


def _sandbox(
    *,
    plan: Plan = "growth",
    simulated_driver: SimulatedDriver = "prompt",
    end_user_budget: int | None = None,
    lot_ids: tuple[str, ...] = (),
) -> Tenant:
    caller = Caller(actor=Actor("operator_cli", "gate"), request_id=ids.request_id())
    made = sandboxes.create(caller, plan=plan, simulated_driver=simulated_driver).value
    with database.transaction() as db:
        project = db.get_one(Project, made.project_id)
        project.end_user_budget = end_user_budget
    return _tenant(project, plan=plan, lot_ids=lot_ids)


def _tenant(project: Project, *, plan: Plan, lot_ids: tuple[str, ...] = (), furnished: bool = True) -> Tenant:
    allowed = sorted(scopes.allowed(plan))
    key = make_key(project=project, scopes=allowed, budgets=_budgets())
    return Tenant(
        project_id=str(project.id),
        operator_id=str(project.operator_id),
        key=key.secret,
        key_id=str(key.row.id),
        keys=_special_keys(project),
        lots=_roomy_lots(project, lot_ids),
        special_lots=_special_lots(project),
    )


def _with_paid_sessions(tenant: Tenant) -> Tenant:
    """Let some sessions run for four hours of the sandbox's time, which their holds cover, and end them."""
    with database.reading() as db:
        project = db.get_one(Project, UUID(tenant.project_id))
    caller = caller_of(project)
    begun = [
        sessions.start(
            caller, Order(lot_id=UUID(tenant.lots[0]), plate=f"PAID {number}", payment_method=SIMULATED_CARD)
        ).value.session
        for number in range(PAID_SESSIONS)
    ]
    sandboxes.advance(caller, seconds=FOUR_HOURS)
    for session in begun:
        sessions.end(caller, session.id, session_code=session.session_code)
    while processor_events.deliver(_take):
        pass  # what a server found undelivered would use a budget up that is being measured
    return replace(tenant, paid_sessions=tuple(str(session.id) for session in begun))


def _take(payload: bytes, signature: str) -> bool:
    """Take an event of the processor as the server's own door would."""
    stripe_events.receive(due.worker(), payload, signature)
    return True


def scopes_of(operation: Operation) -> frozenset[str]:
    """Return every scope that helps to call an operation; one that needs none is as good as `operator`."""
    return frozenset().union(*operation.security.alternatives) or frozenset({"operator"})


def lacking_name(scopes: frozenset[str]) -> str:
    """Name the key that has every scope but these."""
    return f"without {', '.join(sorted(scopes))}"


def _budgets() -> dict[str, int]:
    return dict.fromkeys(Contract.read().budgets, ENOUGH)


def _special_keys(project: Project) -> dict[str, str]:
    """Make keys that lack what an operation asks for, a second whole one, an agent's, and dead ones."""
    lacking = {
        lacking_name(lacked): make_key(
            project=project, scopes=set(ALL_SCOPES) - lacked, budgets=_budgets()
        ).secret
        for lacked in {scopes_of(operation) for operation in Contract.read().operations.values()}
    }
    expired = make_key(project=project, expires_at=clock.now() - timedelta(hours=1))
    revoked = make_key(project=project)
    revoked.row.revoked_at = clock.now()
    keep(revoked.row)
    second = make_key(project=project, budgets=_budgets())
    agent = make_key(project=project, scopes=["agent:act"], budgets=_budgets())
    plain = make_key(project=project)
    return lacking | {
        "second": second.secret,
        "agent": agent.secret,
        "plain": plain.secret,
        "expired": expired.secret,
        "revoked": revoked.secret,
    }


def _roomy_lots(project: Project, lot_ids: tuple[str, ...]) -> tuple[str, ...]:
    wanted = [UUID(lot_id) for lot_id in lot_ids] or [ids.uuid7()]
    lots = [
        make_lot(
            project=project,
            id=lot_id,
            name=f"Gate's Lot {number}",
            city="Vail",
            address=f"{number} Synthetic Road",
            capacity=ENOUGH,
            max_stay_hours=LONGEST_STAY,
            opening_hours="24/7",
            accessible_spaces=6,
            ev_charging_spaces=4,
            max_height_cm=400,
            amenities=("covered", "ev_charging"),
        )
        for number, lot_id in enumerate(wanted)
    ]
    return tuple(str(lot.id) for lot in lots)


def _special_lots(project: Project) -> Mapping[str, str]:
    """Make lots that refuse sessions, each for another reason, and one that is bare of every known fact."""
    lots = {
        "full": make_lot(project=project, name="Full Lot", capacity=1, free=0),
        "blocked": make_lot(project=project, name="Agents Stay Out", agent_access="blocked"),
        "without tariff": make_lot(project=project, name="Priceless Lot", rate=None),
        "deleted": make_lot(project=project, name="Gone Lot", deleted_at=datetime(2026, 1, 1, tzinfo=UTC)),
        "single space": make_lot(project=project, name="Single Space", capacity=1, max_stay_hours=2),
        "closed": make_lot(project=project, name="Closed Lot", opening_hours="off"),
        "managed": make_lot(project=project, name="Managed Lot", capacity=50),
        "dear": make_lot(project=project, name="Dear Lot", rate=None, tariff_id=_dear(project)),
    }
    return {name: str(lot.id) for name, lot in lots.items()}


def _dear(project: Project) -> UUID:
    return make_tariff(operator_id=project.operator_id, daily_maximum="48.00", minimum_charge="2.00").id


def main() -> None:
    """Migrate the database that the environment names, seed it, and write the world down."""
    settings = from_environment()
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = database.configure(settings)
    migrations.upgrade(engine)
    installation.configure(settings)
    processors.configure(settings)
    seed().write(Path(sys.argv[1]))
    batches.flush()
    processors.close()
    engine.dispose()


if __name__ == "__main__":
    main()
