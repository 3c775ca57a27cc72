"""The TypeScript client against a running server: its own tests, and what its README prints."""

import json
import re
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from tests.sdk_typescript.conftest import README, SOURCE, Package
from tests.servers import Server
from tests.test_documents import text
from tests.test_readme import blocks

SECRET = "whsec_c3ludGhldGljLXdlYmhvb2stc2VjcmV0"
OTHER = "whsec_c3ludGhldGljLWFub3RoZXItc2VjcmV0"
SESSION_ENDED = {
    "type": "session.ended",
    "timestamp": "2026-11-22T18:30:00Z",
    "data": {"session": {"status": "completed"}},
}


@pytest.fixture(scope="module")
def built(package: Package) -> Package:
    """Build the package to run it; test_package.py has the compiler judge it."""
    package.npm("run", "build", "--", "--noCheck")
    return package


def test_its_own_tests_pass(built: Package, server: Server) -> None:
    report = built.run("node", "--test", "--test-reporter=tap", PARKGRAPH_URL=server.url)
    counts = {name: int(number) for name, number in re.findall(r"^# (\w+) (\d+)$", report, re.MULTILINE)}
    written = "".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("tests/*.test.ts"))
    assert counts["pass"] == counts["tests"] >= len(re.findall(r"^ *test\(", written, re.MULTILINE)) > 20
    assert counts["skipped"] == counts["todo"] == 0


@pytest.fixture(scope="module")
def readme(built: Package, server: Server) -> Package:
    """Write the README's code as programs, with this server in the place of the one that it talks of."""
    built.write_readme(built.folder / "tests", url=server.url)
    return built


def test_the_readme_prints_what_it_shows(readme: Package, server: Server) -> None:
    keys = {
        "PARK_GRAPH_KEY": server.sandbox["api_key"],
        "PARK_GRAPH_OPERATOR_KEY": server.sandbox["operator_key"],
    }
    results = blocks(text(README))
    assert len(results) == 4
    assert readme.run("node", "tests/tour.ts", **keys) == "".join(results)


@pytest.mark.parametrize(
    ("secret", "printed"), [(SECRET, "session.ended completed\n204\n"), (OTHER, "400\n")]
)
def test_the_readmes_receiver_takes_what_is_signed(readme: Package, secret: str, printed: str) -> None:
    now, body = datetime.now(tz=UTC), json.dumps(SESSION_ENDED)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", now, body),
    }
    request = json.dumps({"method": "POST", "headers": headers, "body": body})
    call = f"""import {{ receive }} from "./tests/receiver.ts";
      const answer = await receive(new Request("https://example.com", {request}));
      console.log(answer.status);"""
    assert readme.run("node", "--input-type=module", "--eval", call, WEBHOOK_SECRET=SECRET) == printed
