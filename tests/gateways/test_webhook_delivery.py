"""Sending to receivers: nothing but the public internet is connected to, and whatever it does, we go on."""

import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from app import database
from app.domain import webhooks
from app.domain.errors import BadRequest
from app.domain.webhook_targets import Target, parse, reach_of
from app.gateways import open_transactions, webhook_delivery
from app.gateways.webhook_delivery import Courier, Message, signed_headers
from tests.gateways.hostile_receivers import NOT_PUBLIC, URLS
from tests.gateways.receivers import Receiver, Serve, listening, says, status

LIVE = reach_of("live", own_machine=True)
AT_HOME = reach_of("sandbox", own_machine=True)
SECRET = webhooks.new_secret()
BODY = b'{"type":"session.ended","timestamp":"2026-04-10T23:30:00Z","data":{}}'
MESSAGE_ID = "019d79bb-20c0-7128-a24b-e40ad23f0824"
PUBLIC = "93.184.215.14"


class Outside:
    """What a courier meets instead of the network: names with addresses, and connections that are counted."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if not self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def connect(self, address: str, port: int, _seconds: float) -> socket.socket:
        self.connected.append((address, port))
        raise ConnectionRefusedError

    def courier(self) -> Courier:
        return Courier(resolve=self.resolve, connect=self.connect)


def message(target: Target, *secrets: str, body: bytes = BODY) -> Message:
    return Message(target, MESSAGE_ID, body, secrets or (SECRET,), at=datetime.now(UTC))


def send(url: str, courier: Courier) -> webhooks.Outcome | None:
    """Send to an address as a live project would; None where it is refused as it is written."""
    try:
        target = parse(url, LIVE)
    except BadRequest:
        return None
    return courier.deliver(message(target))


def to(receiver: Receiver, scheme: str = "http") -> Target:
    return parse(f"{scheme}://127.0.0.1:{receiver.port}/hook?a=b", AT_HOME)


def test_no_hostile_address_is_ever_connected_to() -> None:
    outside = Outside([PUBLIC])
    assert len(set(URLS)) >= 150
    taken = [url for url in URLS if send(url, outside.courier()) is not None]
    assert (taken, outside.asked, outside.connected) == ([], [], [])


@pytest.mark.parametrize("others", [(), (PUBLIC,)], ids=["alone", "beside a public one"])
def test_no_name_leads_to_an_address_that_is_not_public(others: Sequence[str]) -> None:
    for address in NOT_PUBLIC:
        outside = Outside([*others, address])
        outcome = send("https://hooks.example.com/", outside.courier())
        assert outcome is not None
        assert (outcome.failure, outside.connected) == ("address_refused", []), address


def test_a_name_that_changes_between_the_check_and_the_connection_is_asked_for_once_a_time() -> None:
    for address in NOT_PUBLIC:
        outside = Outside([PUBLIC], [address])
        target = parse("https://hooks.example.com/", LIVE)
        assert outside.courier().may_be_reached(target)
        assert outside.courier().deliver(message(target)).failure == "address_refused"
        assert (outside.asked, outside.connected) == (["hooks.example.com"] * 2, [])


def test_of_several_addresses_the_first_that_takes_it_is_used() -> None:
    with listening(status(204)) as receiver:
        target = to(receiver)
        tried: list[str] = []

        def connect(address: str, port: int, seconds: float) -> socket.socket:
            tried.append(address)
            if address == "::1":
                raise ConnectionRefusedError
            return webhook_delivery.connect(address, port, seconds)

        courier = Courier(resolve=lambda *_: ["::1", "127.0.0.1", "::1"], connect=connect)
        assert courier.deliver(message(target)).status == 204
        assert tried == ["::1", "127.0.0.1"]
    outside = Outside([PUBLIC, *(f"93.184.215.{number}" for number in range(15, 30))])
    outcome = send("https://hooks.example.com/", outside.courier())
    assert outcome is not None
    assert (outcome.failure, len(outside.connected)) == ("connection_failed", 4)


def test_what_was_checked_is_what_is_connected_to() -> None:
    outside = Outside([PUBLIC], ["127.0.0.1"])
    assert send("https://hooks.example.com:8443/", outside.courier()) is not None
    assert (outside.asked, outside.connected) == (["hooks.example.com"], [(PUBLIC, 8443)])


def test_nothing_on_this_machine_hears_of_hostile_addresses() -> None:
    with listening(status(204)) as receiver:
        for host in (
            "127.0.0.1",
            "localhost",
            "0.0.0.0",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "127.1",
        ):
            for scheme in ("http", "https"):
                assert send(f"{scheme}://{host}:{receiver.port}/", Courier()) is None
        named = Courier(resolve=lambda *_: ["127.0.0.1"])
        for reach in (LIVE, AT_HOME):
            target = Target("http", "hooks.example.com", receiver.port, "/")
            assert named.deliver(message(target)).failure == "address_refused"
            assert not named.may_be_reached(parse("https://hooks.example.com/", reach))
        assert receiver.connections == 0


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_like_another_and_leads_nowhere(code: int) -> None:
    with listening(status(204)) as inside:
        location = f"Location: http://127.0.0.1:{inside.port}/"
        with listening(status(code, location)) as receiver:
            outcome = Courier().deliver(message(to(receiver)))
        assert (outcome.status, outcome.is_delivered) == (code, False)
        assert (receiver.connections, inside.connections) == (1, 0)


def test_a_name_that_leads_nowhere_is_no_harm_when_it_is_given() -> None:
    target = parse("https://hooks.example.com/", LIVE)
    assert Outside().courier().may_be_reached(target)
    assert Outside().courier().deliver(message(target)).failure == "name_not_found"


def test_nobody_is_asked_for_a_name_that_is_reserved_for_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: asked.append(args))
    for name in ("hooks.vail.example", "hooks.invalid", "hooks.test"):
        with pytest.raises(socket.gaierror):
            webhook_delivery.resolve(name, 443)
    assert asked == []


def test_a_resolver_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_delivery, "RESOLVE_SECONDS", 0.05)

    def hang(_host: str, _port: int) -> Sequence[str]:
        time.sleep(0.5)
        return [PUBLIC]

    target = parse("https://hooks.example.com/", LIVE)
    assert Courier(resolve=hang).deliver(message(target)).failure == "timed_out"


def test_the_system_resolves_an_address_to_itself() -> None:
    assert webhook_delivery.resolve("127.0.0.1", 80) == ["127.0.0.1"]


def test_a_request_says_what_the_standard_wants() -> None:
    with listening(status(200, body=b"thanks")) as receiver:
        outcome = Courier().deliver(message(to(receiver)))
    assert (outcome.status, outcome.excerpt, outcome.failure) == (200, "thanks", None)
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /hook?a=b HTTP/1.1"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert (headers["webhook-id"], body) == (MESSAGE_ID, BODY)
    assert Webhook(SECRET).verify(body, headers)["type"] == "session.ended"


def test_both_secrets_sign_while_one_takes_the_place_of_the_other() -> None:
    old, new = webhooks.new_secret(), webhooks.new_secret()
    headers = signed_headers(message(parse("https://hooks.example.com/", LIVE), new, old))
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers) == {
            "type": "session.ended",
            "timestamp": "2026-04-10T23:30:00Z",
            "data": {},
        }


def test_a_signature_is_what_the_standard_describes() -> None:
    headers = signed_headers(message(parse("https://hooks.example.com/", LIVE)))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + BODY
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def drip(peer: socket.socket) -> None:
    for _ in range(40):
        peer.sendall(b"X-Slow: 1\r\n")
        time.sleep(0.05)


def hold(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthank")
    time.sleep(3)


@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10), 200),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), 200),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok"), 200),
        (says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000), 200),
        (says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), 204),
        (says(b"HTTP/1.1 999 Odd\r\n\r\n"), 999),
        (hold, 200),
        (says(b"SSH-2.0-OpenSSH_9.9\r\n"), "not_http"),
        (says(b"HTTP/1.1 0 None\r\n\r\n"), "not_http"),
        (says(b"HTTP/1.1 2x0 OK\r\n\r\n"), "not_http"),
        (says(b""), "not_http"),
        (drip, "timed_out"),
        (lambda _: time.sleep(1.5), "timed_out"),
    ],
)
def test_whatever_a_receiver_answers_we_come_back_in_time(serve: Serve, expected: int | str) -> None:
    with listening(serve) as receiver:
        began = time.monotonic()
        outcome = Courier(total_seconds=1.2).deliver(message(to(receiver)))
        assert time.monotonic() - began < 2.5
    assert expected == (outcome.status if outcome.failure is None else outcome.failure)
    assert len(outcome.excerpt) <= webhooks.LONGEST_EXCERPT
    assert outcome.duration_ms >= 0


@pytest.mark.parametrize(
    ("value", "wait"),
    [("120", timedelta(minutes=2)), ("Fri, 10 Apr 2026 23:30:00 GMT", None), ("-1", None), ("9" * 30, None)],
)
def test_a_time_to_come_again_is_read_where_it_is_one(value: str, wait: timedelta | None) -> None:
    with listening(status(503, f"Retry-After: {value}")) as receiver:
        assert Courier().deliver(message(to(receiver))).retry_after == wait


def test_a_port_that_nobody_listens_on_is_a_failed_connection() -> None:
    with listening(status(204)) as receiver:
        target = to(receiver)
    assert Courier().deliver(message(target)).failure == "connection_failed"


def test_a_receiver_that_speaks_no_tls_is_told_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = parse(f"https://127.0.0.1:{server.getsockname()[1]}/", AT_HOME)

        def refuse(address: str, port: int, seconds: float) -> socket.socket:
            opened = webhook_delivery.connect(address, port, seconds)
            peer, _ = server.accept()
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            peer.close()
            return opened

        outcome = Courier(connect=refuse).deliver(message(target))
    assert outcome.failure in ("tls_failed", "connection_failed")


def test_tls_is_asked_for_the_name_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def wrap(self: ssl.SSLContext, _plain: socket.socket, **options: object) -> socket.socket:
        seen.append((options, self.verify_mode, self.check_hostname))
        raise ssl.SSLCertVerificationError

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        courier = Courier(resolve=lambda *_: [PUBLIC], connect=lambda *_: ours)
        outcome = send("https://hooks.example.com/", courier)
    assert outcome is not None
    assert outcome.failure == "tls_failed"
    assert seen == [({"server_hostname": "hooks.example.com"}, ssl.CERT_REQUIRED, True)]


def test_an_address_of_the_other_protocol_is_connected_to_by_its_own() -> None:
    with (
        listening(status(204)) as receiver,
        webhook_delivery.connect("127.0.0.1", receiver.port, 1) as opened,
    ):
        assert opened.family == socket.AF_INET
    with pytest.raises(OSError, match=r".+"), webhook_delivery.connect("::1", 1, 0.2) as opened:
        assert opened.family == socket.AF_INET6


def test_no_receiver_is_waited_for_inside_a_transaction() -> None:
    target = parse("https://hooks.example.com/", LIVE)
    attempts: list[Callable[[], object]] = [
        lambda: Outside([PUBLIC]).courier().deliver(message(target)),
        lambda: Outside([PUBLIC]).courier().may_be_reached(target),
    ]
    open_transactions.forbid_when(lambda: True)
    try:
        for attempt in attempts:
            with pytest.raises(RuntimeError, match="inside an open transaction"):
                attempt()
    finally:
        open_transactions.forbid_when(database.in_transaction)


def test_events_go_another_way_while_a_test_wants_them_to() -> None:
    other = Outside().courier()
    before = webhook_delivery.delivery()
    with webhook_delivery.use(other):
        assert webhook_delivery.delivery() is other
    assert webhook_delivery.delivery() is before


def test_a_message_shows_no_secret() -> None:
    assert SECRET not in repr(message(parse("https://hooks.example.com/", LIVE)))
