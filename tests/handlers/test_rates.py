"""What getRates and setRates answer, by the contract."""

import pytest

from app.domain.errors import NotFound
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from handlers import rates
from tests.factories import anyone, caller_of, make_lot, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db", "time")


@pytest.mark.parametrize("rate", ["6.00", "0.00", None])
def test_rates_keep_the_contracts_word(rate: str | None) -> None:
    project = make_project()
    lot = make_lot(project=project, rate=rate)
    shown = require_documented("getRates", rates.get_rates(caller_of(project), str(lot.id)))["rates"]
    assert (shown["lot_id"], shown["currency"]) == (str(lot.id), "USD")
    assert shown.get("rate") == (None if rate is None else float(rate))


def test_an_unknown_lot_is_not_found() -> None:
    with pytest.raises(NotFound):
        rates.get_rates(anyone(), str(uuid7()))


def test_set_rates_answers_as_get_rates_does() -> None:
    project = make_project()
    lot = make_lot(project=project)
    body = {"rate": 6.1, "free_minutes": 15, "daily_maximum": 48.05, "minimum_charge": 0.3}
    answer = rates.set_rates(caller_of(project), str(lot.id), body)
    shown = require_documented("setRates", answer)["rates"]
    assert body.items() <= shown.items()
    assert shown == rates.get_rates(caller_of(project), str(lot.id))["rates"]
    assert answer[1:] == (200, {})


def test_rates_set_before_are_answered_again() -> None:
    project = make_project()
    caller, lot, once = caller_of(project), make_lot(project=project), Once("k", "f" * 64)
    rates.set_rates(caller, str(lot.id), {"rate": 6.1}, once)
    _, status, headers = rates.set_rates(caller, str(lot.id), {"rate": 6.1}, once)
    assert (status, headers) == (200, {"Idempotent-Replayed": "true"})
