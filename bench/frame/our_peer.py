"""Park Graph's own chain over its own contract, with handlers that answer at once."""

import math
from collections import deque
from uuid import UUID

from connexion.apps.flask import FlaskApp

from app.contract.document import Contract
from app.domain.callers import KeyIdentity, ProjectRef
from app.domain.traces import Trace
from app.http.chain import Chain, build
from app.http.identify import Keys
from app.services.key_memory import KeyReading, Moment
from app.settings import Settings
from bench.frame.requests import ANSWER, BUDGET_PER_MINUTE, KEY

_PROJECT = ProjectRef(id=UUID(int=1), operator_id=UUID(int=2), kind="sandbox", plan="growth")
_IDENTITY = KeyIdentity(
    key_id=UUID(int=3), project=_PROJECT, scopes=frozenset({"agent:act", "lots:read", "sessions:read"})
)
_ASKED = Moment(number=0, epoch="", good_until=math.inf)
traces: deque[Trace] = deque(maxlen=1000)


def answer() -> dict[str, object]:
    """Answer every operation alike."""
    return ANSWER


def make_app() -> FlaskApp:
    """Build the chain as the server does, without a database behind it."""
    contract = Contract.read()
    return build(
        Chain(
            contract=contract,
            settings=Settings(budgets=dict.fromkeys(contract.budgets, BUDGET_PER_MINUTE)),
            keys=Keys(remembered=_find, resolve=_find),
            record_trace=traces.append,
            resolve_handler=lambda _: answer,
        )
    )


def _find(token: str) -> KeyReading | None:
    return KeyReading(_IDENTITY, _ASKED) if token == KEY else None
