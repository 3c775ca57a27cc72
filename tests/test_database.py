"""Transactions, on both databases."""

import threading
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app import database
from app.domain.errors import ServiceUnavailable
from app.models import Operator
from app.settings import Settings
from tests.conftest import EVENING
from tests.databases import let_postgresql_give_up
from tests.poolers import pooled

pytestmark = pytest.mark.usefixtures("db")

GIVE_UP = select(func.give_up())
PREPARED = text("SELECT count(*) FROM pg_prepared_statements")


def an_operator(name: str = "Vail Parking") -> Operator:
    return Operator(id=uuid4(), name=name, plan="growth", created_at=EVENING)


def names() -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Operator.name).order_by(Operator.name)))


def test_what_a_transaction_wrote_is_read_afterwards() -> None:
    with database.transaction() as db:
        db.add(an_operator())
    assert names() == ["Vail Parking"]


def test_an_exception_undoes_what_the_transaction_wrote() -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        db.add(an_operator())
        db.flush()
        raise ZeroDivisionError
    assert names() == []


def test_a_transaction_refuses_to_open_inside_another() -> None:
    with database.transaction():
        assert database.in_transaction()
        with pytest.raises(RuntimeError, match="open already"), database.transaction():
            pass
    assert not database.in_transaction()


def test_many_threads_write_without_losing_a_row() -> None:
    def write(number: int) -> None:
        for turn in range(5):
            with database.transaction() as db:
                db.add(an_operator(f"{number}-{turn}"))

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names()) == 40


def test_instants_come_back_in_utc_to_the_microsecond() -> None:
    moment = EVENING.replace(microsecond=123_457)
    with database.transaction() as db:
        db.add(Operator(id=uuid4(), name="x", plan="growth", created_at=moment))
    with database.reading() as db:
        assert db.scalars(select(Operator.created_at)).one() == moment


def test_a_time_without_a_zone_is_refused() -> None:
    naive = EVENING.replace(tzinfo=None)
    with pytest.raises(Exception, match="without a zone"), database.transaction() as db:
        db.add(Operator(id=uuid4(), name="x", plan="growth", created_at=naive))


def test_a_database_that_is_away_is_reported_as_unavailable(settings: Settings) -> None:
    away = Settings(database_url="postgresql://nobody@127.0.0.1:1/none", threads=2)
    database.configure(away)
    with pytest.raises(ServiceUnavailable) as refusal, database.reading() as db:
        db.execute(text("SELECT 1"))
    assert refusal.value.headers == {"Retry-After": "1"}
    database.configure(settings)


def test_a_mistake_in_a_statement_is_not_mistaken_for_absence() -> None:
    with pytest.raises(DBAPIError), database.reading() as db:
        db.execute(text("SELECT nothing FROM nowhere"))


def test_an_exception_that_may_be_logged_quotes_no_values() -> None:
    with pytest.raises(DBAPIError) as refused, database.reading() as db:
        db.execute(text("SELECT nothing FROM nowhere WHERE plate = :plate"), {"plate": "CO-7891"})
    assert "7891" not in str(refused.value)


def test_work_that_the_database_asks_to_repeat_is_repeated() -> None:
    tries: list[int] = []

    class Deadlock(Exception):
        sqlstate = "40P01"

    @database.retried
    def work() -> str:
        tries.append(1)
        with database.transaction():
            if len(tries) < 3:
                raise DBAPIError("UPDATE", {}, Deadlock())
        return "done"

    assert work() == "done"
    assert len(tries) == 3


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_a_transaction_that_postgresql_gives_up_is_reported_as_unavailable(state: str) -> None:
    let_postgresql_give_up(state)
    with pytest.raises(ServiceUnavailable) as refusal, database.transaction() as db:
        db.add(an_operator())
        db.flush()
        db.execute(GIVE_UP)
    assert refusal.value.headers == {"Retry-After": "1"}
    assert names() == []


def test_a_transaction_that_postgresql_gives_up_is_repeated_three_times_at_most() -> None:
    let_postgresql_give_up("40P01")
    tries: list[int] = []

    @database.retried
    def work() -> None:
        tries.append(1)
        with database.transaction() as db:
            db.execute(GIVE_UP)

    with pytest.raises(ServiceUnavailable):
        work()
    assert len(tries) == 3


def prepared_statements(url: str) -> int:
    """Ask the same often over one connection, and count what the server has prepared of it."""
    engine = database.make_engine(url, connections=1)
    with engine.connect() as connection:
        for _ in range(2 * database.PREPARED_AFTER):
            connection.execute(select(Operator.name))
        number: int = connection.execute(PREPARED).scalar_one()
    engine.dispose()
    return number


def test_postgresql_plans_once_what_it_is_asked_often(settings: Settings) -> None:
    only_on_postgresql()
    assert prepared_statements(settings.database_url) == 1


def test_nothing_is_prepared_on_connections_that_a_pooler_lends(settings: Settings, tmp_path: Path) -> None:
    only_on_postgresql()
    with pooled(settings.database_url, tmp_path) as url:
        assert prepared_statements(url) == 0


def only_on_postgresql() -> None:
    if database.engine().dialect.name == "sqlite":
        pytest.skip("SQLite plans within this process, and its driver keeps what it planned")
