"""What getRates answers, by the contract."""

import pytest

from app.domain.errors import NotFound
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
