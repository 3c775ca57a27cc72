"""What an API key stands for, and how long that is remembered."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from app import database, queries
from app.domain import api_keys
from app.domain.errors import ServiceUnavailable
from app.models import ApiKey, Operator, Project
from app.queries import Read
from app.services import batches, key_memory, key_readings
from app.settings import Settings
from tests.conftest import EVENING, SetClock
from tests.factories import make_key, make_operator, make_project

pytestmark = pytest.mark.usefixtures("db")


class Ticker:
    """The monotonic clock by which readings age, in a test's hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticker(monkeypatch: pytest.MonkeyPatch) -> Ticker:
    ticker = Ticker()
    monkeypatch.setattr(key_memory, "_clock", ticker)
    return ticker


@pytest.fixture
def operator(time: SetClock) -> Operator:
    return make_operator()


@pytest.fixture
def project(operator: Operator) -> Project:
    return make_project(operator=operator, kind="live")


def stored(key_id: UUID) -> ApiKey:
    with database.reading() as db:
        return db.get_one(ApiKey, key_id)


def test_a_key_stands_for_its_project_scopes_and_budgets(operator: Operator) -> None:
    project = make_project(operator=operator, kind="live", end_user_budget=20)
    key = make_key(project=project, scopes=["lots:read"], budgets={"search": 1000})
    found = key_readings.resolve(key.secret)
    assert found is not None
    assert (found.key_id, found.project.id, found.project.operator_id) == (
        key.row.id,
        project.id,
        operator.id,
    )
    assert (found.project.kind, found.project.plan) == ("live", "growth")
    assert (found.scopes, found.budgets, found.end_user_budget) == ({"lots:read"}, {"search": 1000}, 20)


def test_an_unknown_key_stands_for_nothing(project: Project) -> None:
    assert key_readings.resolve(api_keys.make("live")) is None


def test_a_key_with_a_typing_error_never_reaches_the_database(settings: Settings, project: Project) -> None:
    secret = make_key(project=project).secret
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    database.configure(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", threads=2))
    assert key_readings.resolve(wrong) is None
    with pytest.raises(ServiceUnavailable):
        key_readings.resolve(secret)
    database.configure(settings)


def test_a_key_ends_at_its_expiry_even_while_it_is_remembered(
    project: Project, time: SetClock, ticker: Ticker
) -> None:
    secret = make_key(project=project, expires_at=EVENING + timedelta(seconds=0.5)).secret
    assert key_readings.resolve(secret) is not None
    assert key_readings.remembered(secret) is not None
    time.move(seconds=0.5)
    assert key_readings.remembered(secret) is None
    assert key_readings.resolve(secret) is None


def test_a_lowered_plan_takes_its_scopes_from_keys_made_before(time: SetClock) -> None:
    project = make_project(operator=make_operator(plan="starter"), kind="live")
    found = key_readings.resolve(make_key(project=project, scopes=["agent:act", "lots:read"]).secret)
    assert found is not None
    assert found.scopes == {"lots:read"}


def test_a_key_is_remembered_for_a_quarter_of_a_second_without_asking_the_database(
    project: Project, settings: Settings, ticker: Ticker
) -> None:
    secret = make_key(project=project).secret
    assert key_readings.remembered(secret) is None
    found = key_readings.read(secret)
    database.configure(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", threads=2))
    ticker.at += 0.24
    assert key_readings.remembered(secret) == found
    ticker.at += 0.01
    assert key_readings.remembered(secret) is None
    database.configure(settings)


def test_a_reading_ages_from_before_the_database_was_asked(
    project: Project, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make_key(project=project).secret
    reading = queries.reading

    @contextmanager
    def slow_reading() -> Iterator[Read]:
        ticker.at += key_memory.GOOD_FOR
        with reading() as read:
            yield read

    monkeypatch.setattr(queries, "reading", slow_reading)
    found = key_readings.read(secret)
    assert found is not None
    assert not key_memory.holds(found)
    assert key_readings.remembered(secret) is None


def test_a_clock_that_was_set_back_makes_nothing_last_longer(
    project: Project, time: SetClock, ticker: Ticker
) -> None:
    secret = make_key(project=project).secret
    key_readings.resolve(secret)
    time.move(hours=-1)
    ticker.at += key_memory.GOOD_FOR
    assert key_readings.remembered(secret) is None


def test_memory_is_bounded(project: Project, monkeypatch: pytest.MonkeyPatch, ticker: Ticker) -> None:
    monkeypatch.setattr(key_memory, "MOST_REMEMBERED", 3)
    secrets = [make_key(project=project).secret for _ in range(4)]
    for secret in secrets:
        key_readings.resolve(secret)
    assert key_readings.remembered(secrets[0]) is None
    assert key_readings.remembered(secrets[3]) is not None


def test_the_last_use_is_noted_to_the_minute(project: Project, time: SetClock) -> None:
    key = make_key(project=project)
    key_readings.resolve(key.secret)
    batches.flush()
    assert stored(key.row.id).last_used_at == EVENING
    time.move(seconds=59)
    key_readings.resolve(key.secret)
    batches.flush()
    assert stored(key.row.id).last_used_at == EVENING
    time.move(seconds=1)
    key_readings.resolve(key.secret)
    batches.flush()
    assert stored(key.row.id).last_used_at == EVENING + timedelta(minutes=1)
