"""How each peer is started on a database and a home of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

from bench.load.servers import Peer

Start = Callable[[str, Path], Peer]
"""Takes the database's URL and the peer's home."""

OURS = "Park Graph"
FASTAPI = "FastAPI + SQLAlchemy"


def ours(database_url: str, home: Path) -> Peer:
    """Start Park Graph as an operator would: `parkgraph serve`, background work aside."""
    environment = {
        "PARKGRAPH_HOME": str(home),
        "PARKGRAPH_DATABASE_URL": database_url,
        "PARKGRAPH_PROCESSOR_PATH": str(home / "processor.sqlite3"),
        "PARKGRAPH_PAYMENTS_LIVE": "embedded",
        "PARKGRAPH_LOG_LEVEL": "WARNING",
        "PARKGRAPH_PORT": "{port}",
    }
    return Peer(OURS, [sys.executable, "-m", "app.cli", "serve"], environment)


def fastapi(database_url: str, home: Path) -> Peer:
    """Start FastAPI under uvicorn with uvloop and httptools."""
    return _uvicorn(FASTAPI, "bench.peers.fastapi_sqlalchemy.main:app", database_url, home)


def _uvicorn(name: str, application: str, database_url: str, home: Path) -> Peer:
    command = [sys.executable, "-m", "uvicorn", application, "--port", "{port}"]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return Peer(name, command, _environment(database_url, home))


def _environment(database_url: str, home: Path) -> dict[str, str]:
    return {"BENCH_DATABASE_URL": database_url, "BENCH_PROCESSOR_PATH": str(home / "processor.sqlite3")}
