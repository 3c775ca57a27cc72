"""How a revocation reaches all that is remembered, in this process, on this machine and on others."""

import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.models import Project
from app.services import installation, key_memory, key_readings, keys
from app.services.key_memory import KeyReading
from app.settings import Settings
from tests.factories import caller_of, identity, make_key, make_operator, make_project
from tests.redis_server import RedisServer, running

pytestmark = pytest.mark.usefixtures("db")

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running() as server:
        yield server


@pytest.fixture(params=["alone", "redis", "redis away"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Let the installation have a Redis, none, or one that does not answer."""
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        return replace(settings, redis_url=server.url)
    return replace(settings, redis_url=NOWHERE) if request.param == "redis away" else settings


@pytest.fixture
def project() -> Project:
    return make_project(operator=make_operator(), kind="live")


@pytest.fixture
def caller(project: Project) -> Caller:
    return caller_of(project)


def read(secret: str) -> KeyReading:
    reading = key_readings.read(secret)
    assert reading is not None
    return reading


def is_over(reading: KeyReading) -> bool:
    """Tell whether time alone makes a reading worthless, wherever it is remembered."""
    return time.monotonic() >= reading.asked.good_until


def epoch_in(server: RedisServer) -> bytes | None:
    number: bytes | None = server.client.get(key_memory.EPOCH)  # type: ignore[assignment]  # redis types async too
    return number


def test_no_thread_believes_in_a_key_after_its_rotation_answered(project: Project, caller: Caller) -> None:
    believers: list[bool] = []
    for _ in range(5):
        key = make_key(project=project)
        answered, seen = threading.Event(), threading.Event()

        def use(
            text: str = key.secret, answered: threading.Event = answered, seen: threading.Event = seen
        ) -> None:
            finished = False
            while not finished:
                finished = answered.is_set()  # asked before the key is looked at
                found = key_readings.remembered(text) or key_readings.resolve(text)
                seen.set()
                if finished:
                    believers.append(found is not None)

        users = [threading.Thread(target=use) for _ in range(4)]
        for user in users:
            user.start()
        seen.wait()
        keys.rotate(caller, key.row.id)
        answered.set()
        for user in users:
            user.join()
    assert believers == [False] * 20


def test_a_reading_from_before_a_change_is_not_believed_though_it_was_kept_after(project: Project) -> None:
    secret = make_key(project=project).secret
    before = key_memory.now()
    key_memory.forget()
    key_memory.remember(secret, KeyReading(identity(project), before))
    assert key_readings.remembered(secret) is None


def test_another_process_of_the_machine_is_heard_at_once(
    project: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_memory, "_clock", lambda: 1_000.0)  # so that nothing is forgotten by itself
    secret = make_key(project=project).secret
    reading = read(secret)
    assert key_memory.holds(reading)
    with shared_file(settings).open("r+b") as file:
        file.write(secrets.token_bytes(8))
    assert not key_memory.holds(reading)
    assert key_readings.remembered(secret) is None


def shared_file(settings: Settings) -> Path:
    """Return the file that the processes of a machine share."""
    kind, _, path = settings.database_url.partition(":///")
    return (Path(path).parent if kind == "sqlite" else settings.home) / key_memory.FILE


def test_processes_with_one_sqlite_file_share_the_number_wherever_their_homes_are(
    settings: Settings, tmp_path: Path, project: Project, caller: Caller
) -> None:
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("A PostgreSQL may be on another machine; the next tests are about that.")
    key = make_key(project=project)
    reading = read(key.secret)
    installation.configure(replace(settings, home=tmp_path / "another home"))
    keys.rotate(caller, key.row.id)
    installation.configure(settings)
    assert not key_memory.holds(reading)


@pytest.mark.parametrize("change", [keys.rotate, keys.delete])
def test_a_revocation_tells_all_machines_or_waits_until_none_remembers(
    change: object, settings: Settings, project: Project, caller: Caller, request: pytest.FixtureRequest
) -> None:
    key = make_key(project=project)
    server: RedisServer = request.getfixturevalue("redis")
    before, reading = epoch_in(server), read(key.secret)
    change(caller, key.row.id)  # type: ignore[operator]  # either service
    if settings.redis_url == server.url:
        assert epoch_in(server) != before
    elif settings.database_url.startswith("postgresql"):
        assert is_over(reading)
    assert not key_memory.holds(reading)


def test_an_answer_that_is_given_again_is_told_again(project: Project, caller: Caller) -> None:
    key = make_key(project=project)
    other = make_key(project=project)
    once = Once("rotate-1", "a" * 64)
    keys.rotate(caller, key.row.id, once=once)
    reading = read(other.secret)
    assert keys.rotate(caller, key.row.id, once=once).replayed
    assert not key_memory.holds(reading)


def test_a_reading_is_stamped_with_what_was_heard_before_it(project: Project) -> None:
    secret = make_key(project=project).secret
    key_memory.heard("the first")
    reading = read(secret)
    key_memory.heard("the second")
    assert (reading.asked.epoch, read(secret).asked.epoch) == ("the first", "the second")


def test_another_installation_has_heard_nothing_yet(settings: Settings, project: Project) -> None:
    key_memory.heard("somewhere else")
    installation.configure(replace(settings))
    assert key_memory.now().epoch == ""
