"""What callers ask for, seeded: every server of a round gets requests drawn from the same list."""

import random
from collections.abc import Mapping, Sequence
from itertools import count, cycle

import orjson

from bench.data.installation import Facts
from bench.load.callers import NextRequest, post

PATH = "/api/v1/agents/openai/actions"

MCP_PATH = "/mcp"
MCP_VERSIONS = ("2025-11-25", "2026-07-28")
"""Of each era of the protocol the newest."""

RADII_KM = (0.5, 1.5, 5.0, 25.0)
OFTEN = (30, 50, 15, 5)
LIMITS = (5, 20)
_DIFFERENT = 4_000
_NEARBY_DEGREES = 0.01

_numbers = count(1)


def searches(facts: Facts, *, seed: int = 1) -> list[dict[str, object]]:
    """Return parameters of searches near lots, in the radii and numbers that people ask for."""
    chance = random.Random(seed)
    return [_search(chance, facts.positions) for _ in range(_DIFFERENT)]


def _search(chance: random.Random, positions: Sequence[tuple[float, float]]) -> dict[str, object]:
    lat, lng = chance.choice(positions)
    return {
        "lat": round(chance.gauss(lat, _NEARBY_DEGREES), 6),
        "lng": round(chance.gauss(lng, _NEARBY_DEGREES), 6),
        "radius_km": chance.choices(RADII_KM, OFTEN)[0],
        "limit": chance.choice(LIMITS),
    }


def searching(facts: Facts, *, seed: int = 1) -> NextRequest:
    """Give search requests, one after the other and round again."""
    bodies = [
        orjson.dumps({"action": "search_parking", "parameters": each}) for each in searches(facts, seed=seed)
    ]
    requests = cycle([post(PATH, body, key=facts.key) for body in bodies])
    return lambda: next(requests)


def call(parameters: Mapping[str, object], *, version: str) -> tuple[dict[str, object], dict[str, str]]:
    """Write a call of the tool that searches, and the headers that it comes with in a version of MCP."""
    params: dict[str, object] = {"name": "search_parking", "arguments": parameters}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
    if version == MCP_VERSIONS[-1]:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": "search_parking"}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers


def calling(facts: Facts, *, seed: int, version: str) -> NextRequest:
    """Give calls over MCP, one after the other and round again."""
    written = [call(parameters, version=version) for parameters in searches(facts, seed=seed)]
    requests = cycle(
        [post(MCP_PATH, orjson.dumps(body), key=facts.key, headers=headers) for body, headers in written]
    )
    return lambda: next(requests)


def creating(facts: Facts, *, lot_ids: Sequence[str]) -> NextRequest:
    """Give requests that start sessions: new plates and keys, in lots by turns."""
    lots = cycle(lot_ids)

    def request() -> bytes:
        number = next(_numbers)
        parameters = {"lot_id": next(lots), "plate": f"B{number}", "idempotency_key": f"bench-{number}"}
        return post(PATH, orjson.dumps({"action": "create_session", "parameters": parameters}), key=facts.key)

    return request
