"""Models: what is read from JSON and written to it, today and by a server of tomorrow."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from parkgraph import UNCHANGED, Answer, Budget, Model
from parkgraph.model import encode
from parkgraph.models import (
    ChosenBudgets,
    CreateSessionParameters,
    Event,
    LineItem,
    NewApiKey,
    NewWebhook,
    Rates,
    Sandbox,
    SearchResult,
    Session,
)

LINE = {"kind": "time", "description": "Standard rate", "hours": 4.02, "unit_price": 6.0, "amount": 24.12}
BAND = {"days": ["mon", "holiday"], "from": "08:00", "to": "18:00", "rate": 4.5}
RATES = {
    "lot_id": "019bc262-9800-752e-89a7-834df2a74de4",
    "currency": "USD",
    "free_minutes": 0,
    "bands": [BAND],
    "holidays": ["2026-12-25"],
    "summary": "4.50 USD an hour.",
}
ANSWER = Answer(status=200, headers=httpx.Headers({"X-Request-Id": "req_1"}))


def test_money_is_exact_and_measures_are_not_money() -> None:
    line = LineItem.from_json(LINE)
    assert line.amount == Decimal("24.12")
    assert sum([line.amount] * 3) == Decimal("72.36")
    assert isinstance(line.hours, float)
    assert line.to_json() == LINE


def test_times_are_times() -> None:
    quote = Event.from_json(
        {"id": "1", "type": "lot.updated", "timestamp": "2026-04-10T23:30:00.5Z", "data": {}}
    )
    assert quote.timestamp == datetime(2026, 4, 10, 23, 30, 0, 500_000, tzinfo=UTC)
    assert Rates.from_json(RATES).holidays == [date(2026, 12, 25)]


def test_a_word_of_python_has_an_underscore() -> None:
    [band] = Rates.from_json(RATES).bands
    assert (band.from_, band.to) == ("08:00", "18:00")
    assert band.to_json() == BAND


def test_a_server_of_tomorrow_breaks_nothing() -> None:
    tomorrow = LINE | {"kind": "lottery", "luck": 7}
    line = LineItem.from_json(tomorrow)
    assert line.kind == "lottery"
    assert line == LineItem.from_json(LINE | {"kind": "lottery"})


def test_what_is_absent_or_null_is_none() -> None:
    assert LineItem.from_json(LINE | {"count": None}).count is None
    assert Rates.from_json(RATES).daily_maximum is None


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"kind": "time"}, "LineItem has no description"),
        (LINE | {"amount": "many"}, r"LineItem.amount can't be read: str"),
        (LINE | {"hours": []}, r"LineItem.hours can't be read: list"),
    ],
)
def test_what_is_not_of_the_kind_is_refused(broken: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LineItem.from_json(broken)


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(TypeError, match="LineItem is no object: str"):
        LineItem.from_json("line")


def test_a_model_knows_the_answer_that_it_came_in_however_deep() -> None:
    rates = Rates.from_json(RATES, answer=ANSWER)
    assert rates.answer is ANSWER
    assert rates.bands[0].answer.request_id == "req_1"
    with pytest.raises(LookupError, match="This Rates did not come in an answer"):
        _ = Rates.from_json(RATES).answer


def test_a_model_equals_another_of_another_answer_and_can_be_kept() -> None:
    rates = Rates.from_json(RATES, answer=ANSWER)
    assert rates == Rates.from_json(RATES)
    assert copy.deepcopy(rates) == rates
    assert pickle.loads(pickle.dumps(rates)).answer.request_id == "req_1"


@pytest.mark.parametrize(
    "model",
    [
        NewApiKey(
            id="1", name="n", scopes=[], last_four="cret", created_at=datetime.now(UTC), key="pk_secret"
        ),
        Sandbox(
            project_id="1",
            api_key="pk_secret",
            operator_key="pk_secret",
            plan="growth",
            now=datetime.now(UTC),
        ),
        NewWebhook(id="1", url="https://a", events=[], created_at=datetime.now(UTC), secret="whsec_secret"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_no_secret_is_printed_by_accident(model: Model) -> None:
    assert "secret" not in repr(model)
    assert "secret" in str(model.to_json())


@pytest.mark.parametrize("name", ["client_secret", "session_code", "receipt_url", "receipt_qr_url"])
def test_what_opens_a_drivers_session_is_not_printed_either(name: str) -> None:
    assert not Session.__dataclass_fields__[name].repr


def test_unchanged_stays_out_and_none_goes_back_to_the_usual() -> None:
    assert ChosenBudgets(search=None, agent=10).to_json() == {"search": None, "agent": 10}
    assert repr(UNCHANGED) == "UNCHANGED"


def test_instants_are_sent_in_utc_and_never_without_a_time_zone() -> None:
    denver = timezone(timedelta(hours=-6))
    assert encode(datetime(2026, 4, 10, 17, 30, tzinfo=denver)) == "2026-04-10T23:30:00Z"
    assert encode([date(2026, 12, 25)]) == ["2026-12-25"]
    with pytest.raises(ValueError, match="has no time zone"):
        encode(datetime(2026, 4, 10, 17, 30))  # noqa: DTZ001 -- that it has none is the point


def test_a_list_or_a_map_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"SearchResult.lots can't be read: int"):
        SearchResult.from_json({"lots": 7})
    order = {"lot_id": "1", "plate": "CO-7891", "metadata": ["booking"]}
    with pytest.raises(ValueError, match=r"CreateSessionParameters.metadata can't be read: list"):
        CreateSessionParameters.from_json(order)


def test_an_answer_says_what_is_left_of_the_budget() -> None:
    headers = {"X-RateLimit-Limit": "240", "X-RateLimit-Remaining": "60", "X-RateLimit-Reset": "1775863801"}
    budget = Budget.of(httpx.Headers(headers))
    assert budget == Budget(limit=240, remaining=60, reset_at=datetime.fromtimestamp(1_775_863_801, UTC))
    assert budget.used == 180


@pytest.mark.parametrize("reset", ["soon", "9" * 40, "-1e9"])
def test_headers_of_strangers_are_no_budget(reset: str) -> None:
    headers = {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": reset}
    assert Budget.of(httpx.Headers(headers)) is None
    assert Answer(status=200, headers=httpx.Headers({"Retry-After": "Wed, 21 Oct 2026"})).retry_after is None
