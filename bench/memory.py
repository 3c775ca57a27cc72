"""How much memory one worker takes after 10,000 requests of all kinds, on a real database."""

import asyncio
import tempfile
from pathlib import Path

import httpx

from bench.load.rounds import Effort
from bench.results import Goal, Line
from tests.servers import Server, launch, running

REQUESTS = 10_000
CALLERS = 16
LIMIT_MB = 200

_KINDS = (
    (
        "POST",
        "/api/v1/agents/openai/actions",
        {"action": "search_parking", "parameters": {"address": "Vail"}},
    ),
    ("GET", "/api/v1/lots/search?lat=39.6403&lng=-106.3742&radius_km=1.5&limit=5", None),
    ("GET", "/api/v1/lots/search?lat=north", None),
    ("POST", "/api/v1/sessions", {"plate": "CO-7891"}),
    ("GET", "/openapi.json", None),
)


def resident_mb(process_id: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def load(server: Server) -> None:
    """Send the requests, some at a time."""
    headers = {"Authorization": f"Bearer {server.sandbox['api_key']}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:

        async def call(caller: int) -> None:
            for number in range(caller, REQUESTS, CALLERS):
                method, path, body = _KINDS[number % len(_KINDS)]
                await client.request(method, path, json=body)

        await asyncio.gather(*(call(caller) for caller in range(CALLERS)))


def measure(_: Effort) -> Line:
    """Measure a fresh worker and one after the load; it takes a minute, whatever the effort."""
    budgets = ("SANDBOX_AGENT", "SANDBOX", "PAGES")
    raised = {f"PARKGRAPH_BUDGET_{name}": "10000000" for name in budgets}
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "home", begin=launch, PARKGRAPH_LOG_LEVEL="WARNING", **raised) as server,
    ):
        before = resident_mb(server.process.pid)
        asyncio.run(load(server))
        after = resident_mb(server.process.pid)
    title = f"Memory of one worker: {before:.0f} MB fresh, {after:.0f} MB after {REQUESTS:,} requests"
    return Line("memory", title, goals=[Goal("MB after the load", after, LIMIT_MB, at_least=False)])
