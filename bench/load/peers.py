"""How each peer is started on a database and a home of its own."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.load.servers import Peer

Start = Callable[[str, Path], Peer]
"""Takes the database's URL and the peer's home."""

OURS = "Park Graph"
FASTAPI = "FastAPI + SQLAlchemy"
CONNEXION = "stock Connexion FlaskApp"
DJANGO = "django-ninja"
DJANGO_THREADS = 16
BARE = "a bare ASGI answer"
MCP_SERVER = "mcp's high-level server"
MCP_OVER_OUR_SEARCH = "mcp's high-level server over our search"


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


def connexion(database_url: str, home: Path) -> Peer:
    """Start Connexion as its documentation says, under uvicorn."""
    return _uvicorn(CONNEXION, "bench.peers.stock_connexion:app", database_url, home)


def django(database_url: str, home: Path) -> Peer:
    """Start django-ninja under gunicorn with threads, as most of its users do."""
    command = [sys.executable, "-m", "gunicorn", "bench.peers.django_ninja.wsgi:application"]
    command += ["--workers", "1", "--worker-class", "gthread", "--threads", str(DJANGO_THREADS)]
    command += ["--bind", "127.0.0.1:{port}", "--log-level", "warning", "--keep-alive", "60"]
    return Peer(DJANGO, command, _environment(database_url, home))


def bare(database_url: str, home: Path) -> Peer:
    """Start the floor under uvicorn."""
    return _uvicorn(BARE, "bench.peers.bare_asgi:app", database_url, home)


def mcp(database_url: str, home: Path) -> Peer:
    """Start the high-level server of the mcp package under uvicorn, as its documentation says."""
    return _uvicorn(MCP_SERVER, "bench.peers.mcp_server:app", database_url, home)


def mcp_over_our_search(database_url: str, home: Path) -> Peer:
    """Start the same server with the function in its tool that our own tool calls."""
    started = _uvicorn(MCP_OVER_OUR_SEARCH, "bench.peers.mcp_server:app", database_url, home)
    return replace(started, environment={**started.environment, "BENCH_SEARCH": "ours"})


def _uvicorn(name: str, application: str, database_url: str, home: Path) -> Peer:
    command = [sys.executable, "-m", "uvicorn", application, "--port", "{port}"]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return Peer(name, command, _environment(database_url, home))


def _environment(database_url: str, home: Path) -> dict[str, str]:
    return {"BENCH_DATABASE_URL": database_url, "BENCH_PROCESSOR_PATH": str(home / "processor.sqlite3")}
