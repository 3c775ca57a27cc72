"""Build everything once: contract, data, payment processor, chain, pages, and the server around them."""

import copy
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, Final

import uvicorn
from connexion.apps.flask import FlaskApp
from starlette.types import ASGIApp

from app import database
from app.contract.document import Contract, Operation
from app.gateways import mail, processors
from app.http.chain import Chain, build
from app.http.door import Door
from app.http.identify import Keys
from app.http.protocol import EnvelopeProtocol
from app.http.views import Handler
from app.mcp.door import McpDoor
from app.services import audit, batches, installation, key_memory, key_readings, traces
from app.settings import BUDGET_PREFIX, Settings, SettingsError
from app.web import site
from app.worker import mailing, reconciling, telling, verifying
from app.worker.loop import Loop
from app.worker.sweeps import all_sweeps

_STOP_SECONDS: Final = 9
"""Seconds that requests under way get to finish when the server stops; the payment processor has six."""
_START_SECONDS: Final = 30
"""Seconds that a worker gets to begin, when SIGHUP puts it in the place of another."""

_YOUNG_OBJECTS: Final = 10_000
"""More objects than freed ones before Python looks for cycles; a page of lots is some hundred already."""
_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Stripe's SDK would name api.stripe.com for every call, those to the embedded processor too; Alembic
    # would name each of its own plugins.
    "loggers": {"stripe": {"level": "WARNING"}, "alembic": {"level": "WARNING"}, "mcp": {"level": "WARNING"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
}


def create_app(settings: Settings) -> FlaskApp:
    """Build the application of an installation and connect it; background work begins with its lifespan."""
    contract = Contract.read()
    _refuse_unknown_budgets(settings, contract)
    database.configure(settings)
    processors.configure(settings)
    installation.configure(settings)
    mail.configure(settings)
    return build(
        Chain(
            contract=contract,
            settings=settings,
            keys=Keys(
                remembered=key_readings.remembered,
                resolve=key_readings.read,
                holds=key_memory.holds,
                heard=key_memory.heard,
            ),
            record_trace=traces.record,
            record_agent_call=audit.record_agent_call,
            resolve_handler=_handler,
            front=McpDoor(contract, settings),
            register_pages=partial(site.register, contract=contract, settings=settings),
            background=partial(_background, settings),
        )
    )


def _refuse_unknown_budgets(settings: Settings, contract: Contract) -> None:
    if unknown := sorted(settings.budgets.keys() - contract.budgets.keys()):
        known = ", ".join(contract.budgets)
        raise SettingsError(f"{BUDGET_PREFIX}{unknown[0].upper()} names no budget; there are {known}.")


def serve(settings: Settings, app: ASGIApp | str = "app.asgi:app") -> uvicorn.Config:
    """Configure the server; several processes need the application by its name."""
    logging = copy.deepcopy(_LOGGING)
    logging["root"]["level"] = settings.log_level
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=EnvelopeProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",  # with "auto" an application that can't be built would serve 500s
        interface="asgi3",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=logging,
        timeout_graceful_shutdown=_STOP_SECONDS,
        timeout_worker_healthcheck=_START_SECONDS,
    )


def _handler(operation: Operation) -> Handler:
    """Find the function that serves an operation: its first tag is the module, its operationId the name."""
    handler: Handler = getattr(import_module(operation.module), operation.function)
    return handler


@contextmanager
def _background(settings: Settings, door: Door) -> Iterator[None]:
    """Write traces and agents' calls, and embed the worker, as long as the server runs."""
    batches.start()
    loops = _worker(settings, door) if settings.embedded_worker else []
    for loop in loops:
        loop.start()
    _settle_down()
    try:
        yield
    finally:
        for loop in loops:
            loop.stop()
        batches.stop()
        processors.close()
        database.engine().dispose()


def _settle_down() -> None:
    """Keep what is there by now out of Python's collections, and let few come: each stops all requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _worker(settings: Settings, door: Door) -> list[Loop]:
    sweeps = all_sweeps(every=settings.sweep_seconds, send_event=door.post_event)
    mails = mailing.loops(every=settings.sweep_seconds)
    return [Loop(sweeps), *telling.loops(), *mails, *reconciling.loops(), *verifying.loops()]
