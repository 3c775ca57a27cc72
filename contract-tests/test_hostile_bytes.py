"""Raw bytes: whatever comes over the socket is answered in the envelope, and never with a 5xx."""

from collections.abc import Mapping

import pytest

from app.contract.document import Contract
from gate import raw
from gate.figures import Figures
from gate.hostile import SESSIONS, Case, cases
from gate.raw import Answer, Closed, Connection
from gate.servers import Server
from gate.world import World

AT_LEAST = 60
HEALTH = raw.request("GET", "/api/v1/health")


@pytest.fixture(scope="module")
def hostile(world: World) -> list[Case]:
    """Write the cases for the fuzzed project."""
    return cases(key=world.fuzzed.key, lot_id=world.fuzzed.lots[0])


def test_every_hostile_request_has_the_one_right_answer(
    server: Server, hostile: list[Case], figures: Figures, contract: Contract
) -> None:
    faults = [fault for case in hostile for fault in _faults(server.port, case, contract.errors)]
    figures.say("raw bytes", f"{len(hostile)} cases, {len(faults)} wrong answers, 0 × 5xx")
    assert not faults, "\n".join(faults)
    assert len(hostile) >= AT_LEAST
    assert len({case.name for case in hostile}) == len(hostile)


def _faults(port: int, case: Case, statuses: Mapping[str, int]) -> list[str]:
    with Connection(port) as connection:
        connection.send(case.data)
        try:
            answer = connection.read(to_head=case.to_head)
        except Closed:
            return [f"{case.name}: closed without an answer"]
        except TimeoutError:
            return [f"{case.name}: no answer in time"]
        found = _faults_of(answer, case, statuses)
        return [f"{case.name}: {fault}" for fault in (*found, *_connection_faults(connection, case))]


def _faults_of(answer: Answer, case: Case, statuses: Mapping[str, int]) -> list[str]:
    faults = []
    if answer.status != case.status:
        faults.append(f"answered {answer.status} instead of {case.status}: {answer.body[:300]!r}")
    if answer.status >= 400 and not case.to_head:
        faults += _page_faults(answer) if case.is_page else _envelope_faults(answer, statuses)
    if "x-request-id" not in answer.headers:
        faults.append("has no request id")
    return faults


def _page_faults(answer: Answer) -> list[str]:
    text = answer.body.decode()
    wanted = ("NOT_FOUND", answer.headers.get("x-request-id", "a request id"))
    return [f"is a page without {word}" for word in wanted if word not in text]


def _envelope_faults(answer: Answer, statuses: Mapping[str, int]) -> list[str]:
    error = answer.error
    if error is None or answer.headers.get("content-type") != "application/json":
        return [f"is not in the envelope: {answer.headers.get('content-type')} {answer.body[:200]!r}"]
    faults = []
    if statuses.get(error["code"]) != answer.status:
        faults.append(f"has the code {error['code']} with {answer.status}")
    if error["request_id"] != answer.headers.get("x-request-id"):
        faults.append("has two request ids")
    if answer.status == 400 and not error.get("details"):
        faults.append("names no field")
    return faults


def _connection_faults(connection: Connection, case: Case) -> list[str]:
    if case.loses_connection:
        return [] if connection.is_closed() else ["kept the connection, whose next bytes mean nothing"]
    connection.send(HEALTH)
    try:
        after = connection.read()
    except (Closed, TimeoutError) as failure:
        return [f"lost the connection ({type(failure).__name__})"]
    return [] if after.status == 200 else [f"spoilt the next request: {after.status}"]


def test_pipelined_requests_are_answered_in_their_order(server: Server, world: World) -> None:
    paths = ["/api/v1/health", "/api/v1/nope", f"/api/v1/lots/{world.fuzzed.lots[0]}", "/api/v1/ready"]
    with Connection(server.port) as connection:
        connection.send(b"".join(raw.request("GET", path) for path in paths))
        assert [connection.read().status for _ in paths] == [200, 404, 200, 200]


def test_a_connection_that_asks_to_be_closed_is_closed(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(raw.request("GET", "/api/v1/health", headers={"Connection": "close"}))
        assert connection.read().status == 200
        assert connection.is_closed()


def test_http_1_0_is_answered_and_closed(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send(b"GET /api/v1/health HTTP/1.0\r\n\r\n")
        assert connection.read().status == 200
        assert connection.is_closed()


def test_who_waits_for_100_continue_gets_it(server: Server, world: World) -> None:
    body = b'{"lot_id":"%s","plate":"RAW 100"}' % world.fuzzed.lots[0].encode()
    headers = {
        "Authorization": f"Bearer {world.fuzzed.key}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
    }
    with Connection(server.port) as connection:
        connection.send(raw.request("POST", SESSIONS, headers=headers))
        assert connection.read().status == 100
        connection.send(body)
        assert connection.read().status == 201


def test_a_caller_who_hangs_up_in_the_middle_harms_nobody(server: Server, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.fuzzed.key}", "Content-Type": "application/json"}
    whole = raw.request("POST", SESSIONS, headers=headers | {"Content-Length": "500"}, body=b'{"lot_id":')
    for cut in (1, 20, len(whole) // 2, len(whole)):
        with Connection(server.port) as connection:
            connection.send(whole[:cut])
    with Connection(server.port) as connection:
        connection.send(HEALTH)
        assert connection.read().status == 200


def test_a_body_that_ends_early_is_a_400_or_nothing(server: Server, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.fuzzed.key}", "Content-Type": "application/json"}
    with Connection(server.port) as connection:
        connection.send(raw.request("POST", SESSIONS, headers=headers | {"Content-Length": "500"}, body=b"{"))
        connection.finish_sending()
        try:
            assert connection.read().status == 400
        except Closed:
            assert connection.is_closed()


def test_a_request_that_arrives_byte_by_byte_is_answered(server: Server) -> None:
    with Connection(server.port) as connection:
        for byte in HEALTH:
            connection.send(bytes([byte]))
        assert connection.read().status == 200
