"""A trace and an audit row for each call, written in batches behind the requests' back."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]

EVERY_SECONDS = 1.0


class Records:
    """Rows of two tables that wait for the next turn of one thread."""

    def __init__(self, store: Callable[[list[Row], list[Row]], None]) -> None:
        self._store = store
        self._waiting: deque[tuple[Row, Row]] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)

    def add(self, trace: Row, call: Row) -> None:
        """Take the rows of one call; never block."""
        self._waiting.append((trace, call))

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            self._write()
        self._write()

    def _write(self) -> None:
        rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if rows:
            self._store([trace for trace, _ in rows], [call for _, call in rows])
