"""Write records of requests behind their back: to disk within half a second, to the database a second later.

A record waits in memory until the next turn, at most half a second; then in a file of JSON lines under the
spool; then the database has it and the file goes. All kinds go there in one transaction: on SQLite each one
makes every connection read anew what it had in memory. While the database is away the files stay, and
whoever runs next on this spool stores them, so:

- a clean stop loses nothing;
- a SIGKILL loses what was recorded within the last second, and only that;
- a record that was stored just before a crash may be stored again: stores ignore a row that they have.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from sqlalchemy import exc
from sqlalchemy.orm import Session

from app import database
from app.domain.errors import ServiceUnavailable
from app.domain.ids import uuid7
from app.services import installation

T = TypeVar("T")
Row = dict[str, Any]

TURN_SECONDS = 0.4
STORE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
ORPHANED_AFTER_SECONDS = 10.0
MOST_WAITING = 20_000
_ROWS_IN_A_FILE = 2_000
_FILES_KEPT = 4
"""Of one kind in memory: as many as are mostly written between two turns of storing, and one more."""
_ROWS_AT_ONCE = 2_000
"""Of one kind in one transaction, rounded up to a whole file: SQLite has one writer, and others wait."""
_DROPS_A_WORD = 1_000
_OWNER = token_hex(4)
_LONGEST_STOP_SECONDS = 5.0
"""For each of two threads; a server that is to stop is ended after twelve."""
_LONGEST_WAIT_SECONDS = 10.0
"""For whoever else stores just now, who may wait for the database."""
_ALL = "Records of requests"

_REFUSALS = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(exc.CompileError, exc.DataError, exc.IntegrityError),
)
"""What becomes of a row that is not as it should be, on its way or at the database."""
_NOT_OF_THIS_KIND = "42804"
"""PostgreSQL's state for a value of another type than its column's."""

_log = logging.getLogger(__name__)
_batches: "list[Batch[Any]]" = []
_storing = threading.Lock()


class Batch(Generic[T]):
    """The records of one kind on their way to the database."""

    def __init__(
        self,
        name: str,
        *,
        row: Callable[[T], Row],
        kinds: Mapping[str, Callable[[str], Any]],
        store: Callable[[Session, list[Row]], None],
    ) -> None:
        """Make the way.

        `row` makes a record the row that is stored, of JSON values, ids and instants; `kinds` reads those of
        its columns that are texts in a file; `store` brings rows into the database, within a transaction.
        """
        self.name = name
        self.dropped = 0
        self._row, self._kinds = row, kinds
        self.insert = store
        self._waiting: deque[T] = deque()
        self._spooling = threading.Lock()
        self._kept: dict[str, list[Row]] = {}
        """Rows of files that were written since the last parcel, by the files' names."""
        _batches.append(self)

    def add(self, record: T) -> None:
        """Take a record; never block, never raise."""
        if len(self._waiting) >= MOST_WAITING:
            self._drop()
            return
        self._waiting.append(record)

    def _drop(self) -> None:
        self.dropped += 1
        if self.dropped % _DROPS_A_WORD == 1:  # whoever writes too much has no use for a line each
            _log.error("%s: %d records were dropped, because too many wait.", self.name, self.dropped)

    def spool(self) -> None:
        """Move what waits in memory to disk."""
        with self._spooling:
            while self._waiting:
                records = [self._waiting.popleft() for _ in range(min(len(self._waiting), _ROWS_IN_A_FILE))]
                self._write(records)

    def parcel(self, *, until: str) -> "_Parcel | None":
        """Take what waits on disk up to the file of a number, the oldest first, as much as goes together."""
        kept, self._kept = self._kept, {}
        files: list[Path] = []
        rows: list[Row] = []
        for file in sorted(self.folder.glob(f"*-{_OWNER}.jsonl")):
            if _number(file) > until or len(rows) >= _ROWS_AT_ONCE:
                break
            written = kept.get(file.name) or self._read(file)
            if rows and written and written[0].keys() != rows[0].keys():
                break  # another version wrote it, whose rows have a statement of their own
            if written is not None:
                files.append(file)
                rows += written
        return _Parcel(self, files, rows) if files else None

    def typed(self, rows: list[Row]) -> list[Row]:
        """Read those columns of rows that are texts in a file, and are none in the database."""
        return [self._typed(row) for row in rows]

    def insert_what_is_sound(self, rows: list[Row]) -> None:
        """Bring rows into the database, and set aside those that it refuses."""
        try:
            ready = self.typed(rows)
            with database.transaction() as db:
                self.insert(db, ready)
        except Exception as error:  # an older version may have spooled it
            if not _is_refusal(error):
                raise
            if len(rows) > 1:  # one bad row must not take its neighbours with it
                middle = len(rows) // 2
                self.insert_what_is_sound(rows[:middle])
                self.insert_what_is_sound(rows[middle:])
            else:
                for row in rows:
                    self._set_aside(row)

    def adopt(self, *, untouched_for: float) -> None:
        """Take over files that another process wrote and did not store for so many seconds."""
        for file in self.folder.glob("*.jsonl"):
            number, _, owner = file.stem.partition("-")
            if owner != _OWNER and _age(file) >= untouched_for:
                try:
                    # Touched, or the next one would take it from us before we have stored it.
                    os.utime(file.rename(file.with_stem(f"{number}-{_OWNER}")))
                except FileNotFoundError:  # its owner, or another heir, was faster
                    continue
                except OSError:
                    _log.exception("Records of %s that were left behind stay there.", self.name)

    @property
    def folder(self) -> Path:
        """Return where this kind of record waits."""
        return installation.settings().spool_path / self.name

    def _write(self, records: list[T]) -> None:
        written = [pair for record in records if (pair := self._written(record)) is not None]
        if not written:
            return
        name = f"{uuid7().hex}-{_OWNER}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self.folder / name, b"".join(line for _, line in written))
        except OSError:
            self._waiting.extendleft(reversed(records))
            raise
        if len(self._kept) < _FILES_KEPT:
            self._kept[name] = [row for row, _ in written]

    def _written(self, record: T) -> tuple[Row, bytes] | None:
        try:
            row = self._row(record)
            return row, orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        except Exception:  # whatever one record is, its neighbours are written down
            self.dropped += 1
            _log.exception("A record of %s cannot be written down and is lost.", self.name)
            return None

    def _typed(self, row: Row) -> Row:
        texts = {name: row[name] for name in self._kinds if isinstance(row[name], str)}
        return {**row, **{name: self._kinds[name](text) for name, text in texts.items()}} if texts else row

    def _read(self, file: Path) -> list[Row] | None:
        try:
            return _rows_in(file.read_bytes())
        except FileNotFoundError:  # another process stored it
            return None
        except (IsADirectoryError, PermissionError, ValueError):
            self._set_file_aside(file)
        except OSError:  # it passes, as when too many files are open
            _log.exception("Records of %s cannot be read now; they wait.", self.name)
        return None

    def _set_file_aside(self, file: Path) -> None:
        """Keep a file that a failing disk garbled, or that is not ours to read, out of the others' way."""
        try:
            kept = file.rename(file.with_suffix(".refused"))
        except OSError:
            _log.exception("Records of %s can neither be read nor moved.", self.name)
            return
        _log.exception("Records of %s cannot be read; they are kept in %s.", self.name, kept.name)

    def _set_aside(self, row: Row) -> None:
        """Keep a row that the database refuses where a person can look at it."""
        file = self.folder / f"{uuid7().hex}.refused"
        _write_whole(file, orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        _log.exception("The database refused a record of %s; it is kept in %s.", self.name, file.name)


class _Parcel(NamedTuple):
    """What goes to the database together, of one kind."""

    batch: Batch[Any]
    files: list[Path]
    rows: list[Row]

    def unlink(self) -> None:
        """Remove the files of what was stored."""
        for file in self.files:
            file.unlink(missing_ok=True)


def _write_whole(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    part = file.with_suffix(".part")
    with part.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    part.rename(file)


def _number(file: Path) -> str:
    """Return the part of a file's name that says when it was written, whoever owns it."""
    return file.stem.partition("-")[0]


def _rows_in(content: bytes) -> list[Row]:
    rows = [orjson.loads(line) for line in content.splitlines()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("A record is no object.")
    return rows


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def spool() -> None:
    """Bring everything recorded so far to disk."""
    for batch in _batches:
        batch.spool()


def store() -> None:
    """Bring everything that waits on disk into the database; raise ServiceUnavailable while it is away."""
    if not _storing.acquire(timeout=_LONGEST_WAIT_SECONDS):
        raise ServiceUnavailable("Records of requests are being stored. Try again shortly.")
    try:
        for batch in _batches:
            batch.adopt(untouched_for=ORPHANED_AFTER_SECONDS)
        files = [file for batch in _batches for file in batch.folder.glob("*.jsonl")]
        newest = max(map(_number, files), default="")  # what is written meanwhile waits for the next turn
        left = [*_batches]
        while parcels := [parcel for batch in left if (parcel := batch.parcel(until=newest))]:
            left = _store(parcels)
    finally:
        _storing.release()


def _store(parcels: list[_Parcel]) -> "list[Batch[Any]]":
    """Bring parcels into the database, and return the kinds of which there may be more."""
    try:
        ready = [(batch, batch.typed(rows)) for batch, _, rows in parcels]
        with database.transaction() as db:
            for batch, rows in ready:
                batch.insert(db, rows)
    except Exception as error:
        if not _is_refusal(error):
            raise
        return [parcel.batch for parcel in parcels if _is_done_with(parcel, by=_store_what_is_sound)]
    return [parcel.batch for parcel in parcels if _is_done_with(parcel, by=_Parcel.unlink)]


def _store_what_is_sound(parcel: _Parcel) -> None:
    parcel.batch.insert_what_is_sound(parcel.rows)
    parcel.unlink()


def _is_done_with(parcel: _Parcel, *, by: Callable[[_Parcel], None]) -> bool:
    """Take the last step with a parcel; where its files do not let us, the other kinds go on."""
    try:
        by(parcel)
    except OSError:
        _log.exception("Records of %s stay on disk, and may be stored again.", parcel.batch.name)
        return False
    return True


def _is_refusal(error: Exception) -> bool:
    """Tell whether it is a row that the database does not take; else it takes none, and all of them wait."""
    if isinstance(error, _REFUSALS):
        return True
    if isinstance(error, exc.ProgrammingError):  # without a state it is the driver's, of a value
        return getattr(error.orig, "sqlstate", None) in {None, _NOT_OF_THIS_KIND}
    return isinstance(error, exc.StatementError) and not isinstance(error, exc.DBAPIError)


def flush() -> None:
    """Bring everything recorded so far into the database; raise ServiceUnavailable if it is away."""
    spool()
    store()


class _Writer:
    """Two threads: one brings records to disk in time, however long the other waits for the database."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in {"spool records": self._spool, "store records": self._store}.items()
        ]

    def _spool(self) -> None:
        while not self.stopping.wait(TURN_SECONDS):
            _attempt_each(Batch.spool)

    def _store(self) -> None:
        pause = STORE_SECONDS
        while not self.stopping.wait(pause):
            pause = STORE_SECONDS if _attempt(store, _ALL) else min(pause * 2, LONGEST_PAUSE_SECONDS)


def _attempt(step: Callable[[], None], what: str) -> bool:
    """Take a step with some records; tell whether it succeeded. The writer outlives whatever befalls it."""
    try:
        step()
    except ServiceUnavailable as reason:
        _log.warning("%s wait on disk: %s", what, reason.message)
    except Exception:
        _log.exception("%s wait.", what)
    else:
        return True
    return False


def _attempt_each(step: "Callable[[Batch[Any]], None]") -> None:
    """Take a step with the records of each kind, whatever befalls the others."""
    for batch in _batches:
        _attempt(partial(step, batch), f"Records of {batch.name}")


def _adopt_all(batch: Batch[Any]) -> None:
    batch.adopt(untouched_for=0)


_writer: _Writer | None = None


def start() -> None:
    """Begin to write in the background, first what an earlier run left behind."""
    global _writer  # noqa: PLW0603 -- a process has one writer
    if _writer is not None:
        return
    _attempt_each(_adopt_all)
    _writer = _Writer()
    for thread in _writer.threads:
        thread.start()


def stop() -> None:
    """Write what is left and end; what the database cannot take now stays on disk for the next start."""
    global _writer  # noqa: PLW0603 -- a process has one writer
    if _writer is None:
        return
    _writer.stopping.set()
    spooling, storing = _writer.threads
    spooling.join(_LONGEST_STOP_SECONDS)
    _attempt_each(Batch.spool)  # first, since the database may let us wait until we are ended
    storing.join(_LONGEST_STOP_SECONDS)
    _writer = None
    if not storing.is_alive():
        _attempt(store, _ALL)
