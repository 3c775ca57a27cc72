"""What getRates and setRates answer, by the contract."""

import pytest

from app.domain.errors import NotFound
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from handlers import rates
from tests.conftest import SetClock
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


def test_a_week_of_rates_keeps_the_contracts_word() -> None:
    project = make_project()
    lot = make_lot(project=project, time_zone="America/Denver")
    body = {
        "rate": 6.1,
        "flat_fee": 2.0,
        "increment_minutes": 15,
        "steps": [{"after_minutes": 60, "rate": 8.0}],
        "bands": [{"days": ["fri", "holiday"], "from": "18:00", "to": "06:00", "rate": 0.5, "flat_fee": 5.0}],
        "holidays": ["2026-12-25"],
    }
    shown = require_documented("setRates", rates.set_rates(caller_of(project), str(lot.id), body))["rates"]
    told = require_documented("getRates", rates.get_rates(caller_of(project), str(lot.id)))["rates"]
    assert told == shown
    assert {name: told[name] for name in body.keys() - {"rate", "bands"}}.items() <= body.items()
    assert told["bands"][0] == body["bands"][0]
    assert {(band["from"], band["to"]) for band in told["bands"][1:]} == {
        ("00:00", "24:00"),
        ("00:00", "18:00"),
        ("06:00", "18:00"),
        ("06:00", "24:00"),
    }


def test_a_week_with_nothing_but_one_band_shows_it() -> None:
    project = make_project()
    lot = make_lot(project=project)
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    band = {"days": days, "from": "00:00", "to": "24:00", "rate": 3.0, "flat_fee": 1.0}
    shown, *_ = rates.set_rates(caller_of(project), str(lot.id), {"rate": 6.1, "bands": [band]})
    assert (shown["rates"]["rate"], shown["rates"]["bands"]) == (3.0, [band])


@pytest.mark.parametrize("tax_rate", [None, "21"])
def test_a_quote_keeps_the_contracts_word(tax_rate: str | None, time: SetClock) -> None:
    project = make_project()
    lot = make_lot(project=project, tax_rate=tax_rate)
    body = {"duration_hours": 2, "starts_at": "2026-11-23T08:00:00Z"}
    answer = rates.create_quote(caller_of(project), str(lot.id), body)
    shown = require_documented("createQuote", answer)["quote"]
    assert (shown["total"], shown["ends_at"]) == (12.0, "2026-11-23T10:00:00.000000Z")
    assert shown.get("tax") == (None if tax_rate is None else {"rate": 21.0, "amount": 2.08})
    assert rates.create_quote(caller_of(project), str(lot.id), {})[1] == 201
