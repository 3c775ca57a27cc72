"""A floor: the statements of searching in a bare loop over the driver, without a server and without answers.

The loop runs in a process of its own, on the core that servers run on.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import cycle
from typing import Any

import psycopg

from bench.load import servers
from bench.load.callers import Round
from bench.peers import statements

Fetch = Callable[[statements.Step], Sequence[Any]]

_NAME = re.compile(r":(\w+)")


def run(url: str, searches: Sequence[dict[str, Any]], *, seconds: float) -> Round:
    """Run the loop in a process on the servers' core, and return what it saw."""
    words = [sys.executable, "-m", __name__, url, str(seconds)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    servers.pin(process.pid)
    out, _ = process.communicate(json.dumps(searches).encode(), timeout=seconds + 60)
    if process.returncode:
        raise RuntimeError("The raw statements failed.")
    return Round(**json.loads(out))


def main() -> None:
    """Search one after the other, and print what was seen."""
    url, seconds = sys.argv[1], float(sys.argv[2])
    fetch = _fetch(url)
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    latencies: list[float] = []
    wanted = cycle(json.load(sys.stdin))
    started, cpu = time.perf_counter(), time.process_time()
    while (began := time.perf_counter()) < started + seconds:
        _search(fetch, next(wanted), dialect=dialect)
        latencies.append((time.perf_counter() - began) * 1000)
    seen = {"seconds": time.perf_counter() - started, "latencies_ms": latencies}
    print(json.dumps(seen | {"cpu_seconds": time.process_time() - cpu}))


def _search(fetch: Fetch, wanted: dict[str, Any], *, dialect: str) -> None:
    found, size = 0, wanted["limit"]
    place = wanted["lat"], wanted["lng"]
    for step in statements.rings(*place, radius_km=wanted["radius_km"], size=size, asked={}, dialect=dialect):
        found += len(fetch(step))
        if found >= size:
            return


def _fetch(url: str) -> Fetch:
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"))
        return lambda step: file.execute(step.sql, _as_sqlite_keeps_them(step.values)).fetchall()
    connection = psycopg.connect(url, autocommit=True)
    return lambda step: connection.execute(_in_psycopgs_words(step.sql), step.values).fetchall()


def _as_sqlite_keeps_them(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"world_id": values["world_id"].hex}


@cache
def _in_psycopgs_words(sql: str) -> bytes:
    return _NAME.sub(r"%(\1)s", sql).encode()


if __name__ == "__main__":
    main()
