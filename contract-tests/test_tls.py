"""Where TLS is required, plaintext is turned away from every operation."""

import httpx

from app.contract.document import Contract
from gate import examples
from gate.client import ClientOf
from gate.figures import Figures
from gate.strictness import StrictInstallation

PLAINTEXT = {"X-Forwarded-Proto": "http"}


def test_plaintext_is_a_426_everywhere(
    strict: StrictInstallation, contract: Contract, client_of: ClientOf, figures: Figures
) -> None:
    key = strict.running.world.fuzzed.key
    in_plaintext, encrypted = (
        client_of(strict.running, X_Forwarded_Proto=scheme) for scheme in ("http", "https")
    )
    for operation in contract.operations.values():
        call = examples.call_of(contract, operation)
        asked = {"path": call.path, "query": call.query, "json": call.json, "headers": call.headers}
        plain = in_plaintext.call(operation.id, key=key, **asked)
        assert plain.status_code == 426, f"{operation.id}: {plain.status_code}"
        assert plain.json()["error"]["code"] == "UPGRADE_REQUIRED"
        assert encrypted.call(operation.id, key=key, **asked).status_code != 426
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    turned_away = httpx.post(f"{strict.running.server.url}/mcp", json=message, headers=PLAINTEXT)
    assert turned_away.status_code == 426
    assert turned_away.json()["error"]["data"]["error"]["code"] == "UPGRADE_REQUIRED"
    figures.say("TLS", f"{len(contract.operations)} operations turn plaintext away with 426")
