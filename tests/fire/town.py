"""A town under load: servers as in production on either database, and people with budgets that never end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app import database
from app.contract.document import Contract
from app.gateways import processors
from app.models import Lot, Operator, Project
from app.settings import from_environment
from tests.factories import make_key, make_lot, make_operator, make_project
from tests.installation import configure
from tests.servers import Server, environment, launch, running, serving

ENOUGH = 1_000_000
"""Requests a minute that nobody reaches: budgets are raised by data, as an operator raises them."""
PROCESSES = 2


@contextmanager
def town(home: Path, on: Mapping[str, str]) -> Iterator[Server]:
    """Serve a database, and connect this process to it: SQLite by one process, PostgreSQL by several."""
    settings = {**on, "PARKGRAPH_PAYMENTS_LIVE": "embedded", "PARKGRAPH_SWEEP_SECONDS": "1"}
    configure(from_environment(environment(home, **settings)))
    one_process = on["PARKGRAPH_DATABASE_URL"].startswith("sqlite:")
    alone = running(home, begin=launch, **settings)
    servers = alone if one_process else serving(home, workers=PROCESSES, **settings)
    with servers as server:
        try:
            yield server
        finally:
            processors.close()
            database.engine().dispose()


def make_sandbox(*, simulated_driver: str = "absent") -> Project:
    """Make a sandbox project whose operator is paid at the embedded processor."""
    operator = make_operator()
    project = make_project(operator=operator, simulated_driver=simulated_driver)
    account = processors.embedded().open_world(project.id)
    with database.transaction() as db:
        db.get_one(Operator, operator.id).connected_account = account
    return project


def make_keys(project: Project, *, number: int) -> list[str]:
    """Make keys of a project whose budgets no burst uses up."""
    budgets = dict.fromkeys(Contract.read().budgets, ENOUGH)
    return [make_key(project=project, budgets=budgets).secret for _ in range(number)]


def make_live_project() -> Project:
    """Make a live project: all of them park in one world, and pay at the embedded processor."""
    return make_project(operator=make_operator(), kind="live")


def make_last_space(project: Project) -> Lot:
    """Make a lot in which nine cars that are not ours leave one space."""
    return make_lot(project=project, capacity=10, free=1)
