"""Records on their way to the database: none is lost while it is away, few when the process is killed."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import database
from app.domain import clock
from app.domain.callers import Actor, Caller, ProjectRef
from app.domain.errors import ServiceUnavailable
from app.domain.ids import request_id, uuid7
from app.domain.traces import Trace
from app.models import AuditEntry, TraceRecord
from app.services import audit, batches, installation, traces
from app.services.audit import AgentCall
from app.settings import Settings
from tests.conftest import SetClock

pytestmark = pytest.mark.usefixtures("db", "time")

OPERATOR = UUID("019d7968-bb00-76f0-8478-82e36b0d549b")
AWAY = "postgresql://nobody@127.0.0.1:1/none"


def an_agent(platform: str = "openai") -> Caller:
    return Caller(
        actor=Actor("api_key", "019d498e-f980-7181-a54c-66175d9dc9f8"),
        request_id=request_id(),
        project=ProjectRef(id=uuid4(), operator_id=OPERATOR, kind="live", plan="growth"),
        platform=platform,
    )


def search() -> str:
    caller = an_agent()
    audit.record_agent_call(AgentCall(caller, "search_parking"))
    return caller.request_id


def a_trace(name: str) -> Trace:
    return Trace(
        request_id=name,
        at=clock.now(),
        method="GET",
        path="/api/v1/lots",
        operation_id="searchLots",
        action=None,
        agent_platform=None,
        status=200,
        error_code=None,
        duration_ms=1.0,
        actor_type="anonymous",
        actor_id=None,
        project_id=None,
        operator_id=None,
        end_user_id=None,
        conversation_id=None,
        ip="127.0.0.1",
        position=None,
    )


def logged() -> list[str | None]:
    with database.reading() as db:
        return list(db.scalars(select(AuditEntry.request_id).order_by(AuditEntry.id)))


def traced() -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(TraceRecord.request_id)))


def on_disk(settings: Settings, suffix: str = "jsonl", *, kind: str = "agent-calls") -> list[Path]:
    return sorted((settings.spool_path / kind).glob(f"*.{suffix}"))


def left_by_another(settings: Settings, content: bytes) -> Path:
    """Put a file where a process left it that has ended since."""
    file = settings.spool_path / "agent-calls" / f"{uuid7().hex}-00000000.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (0, 0))
    return file


def send_database_away(settings: Settings) -> None:
    database.configure(replace(settings, database_url=AWAY))


def test_what_is_recorded_is_stored_in_its_order_and_leaves_no_file(settings: Settings) -> None:
    calls = [search() for _ in range(5)]
    batches.flush()
    assert logged() == calls
    assert on_disk(settings) == []


def test_all_kinds_go_to_the_database_together(settings: Settings) -> None:
    commits: list[object] = []
    event.listen(database.engine(), "commit", commits.append)
    for _ in range(2):  # of each kind two files
        traces.record(a_trace(search()))
        batches.spool()
    batches.flush()
    assert len(commits) == 1
    assert len(logged()) == len(traced()) == 2
    assert on_disk(settings) == []


def test_what_the_database_refuses_of_one_kind_holds_up_no_other(settings: Settings) -> None:
    call = search()
    traces.record(replace(a_trace(call), method=None))  # type: ignore[arg-type] # what is not to be
    batches.flush()
    assert (logged(), traced()) == ([call], [])
    assert len(on_disk(settings, "refused", kind="traces")) == 1


def test_calls_wait_on_disk_while_the_database_is_away(settings: Settings) -> None:
    send_database_away(settings)
    calls = []
    for _ in range(3):
        calls.append(search())
        with pytest.raises(ServiceUnavailable):
            batches.flush()
    assert len(on_disk(settings)) == 3
    database.configure(settings)
    batches.flush()
    assert logged() == calls
    assert on_disk(settings) == []


def test_a_clean_stop_writes_everything() -> None:
    batches.start()
    calls = [search() for _ in range(50)]
    batches.stop()
    assert logged() == calls


def test_a_clean_stop_without_a_database_loses_nothing(settings: Settings) -> None:
    send_database_away(settings)
    batches.start()
    calls = [search() for _ in range(50)]
    batches.stop()
    assert logged_lines(settings) == 50
    database.configure(settings)
    batches.start()
    batches.stop()
    assert logged() == calls


def logged_lines(settings: Settings) -> int:
    return sum(len(file.read_bytes().splitlines()) for file in on_disk(settings))


KILLED = """
import os, signal, sys
from pathlib import Path
from uuid import UUID
from app.domain.callers import Actor, Caller, ProjectRef
from app.services import audit, batches, installation
from app.services.audit import AgentCall
from app.settings import Settings

installation.configure(Settings(home=Path(sys.argv[1])))
operator = UUID("019d7968-bb00-76f0-8478-82e36b0d549b")
project = ProjectRef(id=operator, operator_id=operator, kind="live", plan="growth")
for number in range(4):
    caller = Caller(actor=Actor("api_key"), request_id=f"req_{number:032x}", project=project)
    audit.record_agent_call(AgentCall(caller, "search_parking"))
    if number == 2:
        batches.spool()
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_process(settings: Settings) -> None:
    """Record four calls, be killed when three of them have reached the disk."""
    died = subprocess.run([sys.executable, "-c", KILLED, str(settings.home)], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL


def test_a_killed_process_loses_only_what_was_not_yet_on_disk(settings: Settings) -> None:
    killed_process(settings)
    batches.start()
    batches.stop()
    assert logged() == [f"req_{number:032x}" for number in range(3)]
    assert on_disk(settings) == []


def test_a_running_process_stores_what_a_killed_one_left_after_a_while(settings: Settings) -> None:
    killed_process(settings)
    batches.flush()
    assert logged() == []
    for file in on_disk(settings):
        os.utime(file, (0, 0))
    batches.flush()
    assert len(logged()) == 3


def test_what_was_stored_before_a_crash_is_not_stored_twice(settings: Settings) -> None:
    search()
    send_database_away(settings)
    with pytest.raises(ServiceUnavailable):
        batches.flush()
    (file,) = on_disk(settings)
    content = file.read_bytes()
    database.configure(settings)
    batches.flush()
    file.write_bytes(content)
    batches.flush()
    assert len(logged()) == 1


def test_a_row_that_the_database_refuses_is_set_aside_without_its_neighbours(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    calls = [search() for _ in range(3)]
    batches.spool()
    (file,) = on_disk(settings)
    rows = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    rows[1]["actor_type"] = None
    file.unlink()
    left_by_another(settings, b"\n".join(orjson.dumps(row) for row in rows))
    batches.flush()
    assert logged() == [calls[0], calls[2]]
    (refused,) = on_disk(settings, "refused")
    assert calls[1] in refused.read_text()
    assert "The database refused a record" in caplog.text


def test_a_garbled_file_and_rows_of_another_version_hold_up_nothing_behind_them(settings: Settings) -> None:
    for garbled in (b'{"action": "sear', b'{"action": "search_parking"}', b'{"column_of_yesterday": 1}'):
        left_by_another(settings, garbled)
    call = search()
    batches.flush()
    assert logged() == [call]
    assert len(on_disk(settings, "refused")) == 3
    assert on_disk(settings) == []


def test_a_file_that_cannot_be_read_holds_up_nothing(settings: Settings) -> None:
    unreadable = left_by_another(settings, b"")
    unreadable.unlink()
    unreadable.mkdir()
    os.utime(unreadable, (0, 0))
    call = search()
    traces.record(a_trace(call))
    batches.flush()
    assert logged() == traced() == [call]
    assert len(on_disk(settings, "refused")) == 1
    assert on_disk(settings) == []


def test_what_a_database_cannot_take_now_waits_and_is_not_refused(settings: Settings) -> None:
    call = search()
    traces.record(a_trace(call))
    rename(TraceRecord.__tablename__, to="elsewhere")
    try:
        with pytest.raises(SQLAlchemyError):
            batches.flush()
        assert logged() == []
    finally:
        rename("elsewhere", to=TraceRecord.__tablename__)
    batches.flush()
    assert logged() == traced() == [call]
    assert on_disk(settings, "refused") == on_disk(settings, "refused", kind="traces") == []


def rename(table: str, *, to: str) -> None:
    with database.transaction() as db:
        db.execute(text(f"ALTER TABLE {table} RENAME TO {to}"))


def test_a_file_that_cannot_be_read_just_now_is_read_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = search()
    batches.spool()
    [file] = on_disk(settings)
    left_by_another(settings, file.read_bytes())
    file.unlink()

    def too_many(_: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", too_many)
        batches.flush()
    assert logged() == []
    batches.flush()
    assert logged() == [call]
    assert on_disk(settings) == on_disk(settings, "refused") == []


@pytest.mark.parametrize("step", ["rename", "unlink"])
def test_a_folder_that_lets_nothing_be_changed_holds_up_no_other_kind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    call = search()
    traces.record(a_trace(call))
    batches.spool()
    [file] = on_disk(settings, kind="traces")
    orphan = file.with_name(f"{uuid7().hex}-00000000.jsonl")
    orphan.write_bytes(file.read_bytes())
    os.utime(orphan, (0, 0))
    as_ever: Callable[..., Any] = getattr(Path, step)

    def refused(path: Path, *given: Any, **named: Any) -> Any:
        if path.parent.name == "traces":
            raise PermissionError(errno.EACCES, "Permission denied")
        return as_ever(path, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, step, refused)
        batches.flush()
        assert logged() == [call]
        assert on_disk(settings) == []
        assert on_disk(settings, kind="traces")
    batches.flush()
    assert traced() == [call]
    assert on_disk(settings, kind="traces") == []


def test_a_stop_writes_down_what_is_left_also_while_somebody_stores(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_LONGEST_STOP_SECONDS", 0.2)
    monkeypatch.setattr(batches, "_LONGEST_WAIT_SECONDS", 0.1)
    batches.start()
    with batches._storing:
        call = search()
        batches.stop()
        assert len(on_disk(settings)) == 1
        with pytest.raises(ServiceUnavailable):
            batches.store()
    batches.flush()
    assert logged() == [call]


def test_more_than_goes_together_is_stored_one_after_the_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_ROWS_AT_ONCE", 1)
    calls = []
    for _ in range(batches._FILES_KEPT + 2):
        calls.append(search())
        batches.spool()
    batches.flush()
    assert logged() == calls
    assert on_disk(settings) == []


def test_a_record_that_cannot_be_written_down_takes_no_neighbour_with_it(settings: Settings) -> None:
    broken = replace(a_trace(request_id()), path=None)  # type: ignore[arg-type] # what is not to be
    traces.record(broken)
    batches.spool()
    assert on_disk(settings, kind="traces") == []
    call = search()
    for trace in (broken, a_trace(call)):
        traces.record(trace)
    batches.flush()
    assert traced() == [call]


def test_a_spool_that_cannot_be_written_keeps_what_waits_in_memory(settings: Settings) -> None:
    blocked = replace(settings, home=settings.home / "taken")
    blocked.home.mkdir()
    blocked.spool_path.write_text("a file stands where the folder should be")
    installation.configure(blocked)
    call = search()
    with pytest.raises(OSError, match="spool"):
        batches.flush()
    installation.configure(settings)
    batches.flush()
    assert logged() == [call]


def test_a_full_memory_drops_what_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_WAITING", 2)
    calls = [search() for _ in range(3)]
    batches.flush()
    assert logged() == calls[:2]


def test_recording_needs_no_database_and_no_clock_to_move(settings: Settings, time: SetClock) -> None:
    send_database_away(settings)
    assert search().startswith("req_")
    database.configure(settings)
