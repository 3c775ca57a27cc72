"""Where TLS is required, plaintext is turned away from every operation."""

from pathlib import Path

from app.contract.document import Contract
from gate import examples
from gate.client import ClientOf
from gate.figures import Figures
from gate.installations import RAISED, install


def test_plaintext_is_a_426_everywhere(
    tmp_path: Path, reports: Path, contract: Contract, client_of: ClientOf, figures: Figures
) -> None:
    trusting = {"REQUIRE_TLS": "1", "TRUSTED_PROXIES": "127.0.0.1"}
    with install(tmp_path / "home", log=reports / "tls.log", **RAISED, **trusting) as running:
        client = client_of(running)
        for operation in contract.operations.values():
            call = examples.call_of(contract, operation)
            asked = {"path": call.path, "query": call.query, "json": call.json}
            key = running.world.fuzzed.key
            plain = client.call(operation.id, key=key, headers=call.headers, **asked)
            assert plain.status_code == 426, f"{operation.id}: {plain.status_code}"
            assert plain.json()["error"]["code"] == "UPGRADE_REQUIRED"
            by_proxy = {**call.headers, "X-Forwarded-Proto": "https"}
            assert client.call(operation.id, key=key, headers=by_proxy, **asked).status_code != 426
    figures.say("TLS", f"{len(contract.operations)} operations turn plaintext away with 426")
