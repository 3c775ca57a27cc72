"""Bodies: JSON as RFC 8259 has it, and nothing that no handler could keep."""

from typing import Any

import pytest

from app.domain.errors import BadRequest
from app.http.body import DEEPEST, LARGEST, MOST_CONTAINERS, parse
from tests.http.site import JSON, LOT, Site, bearer

SESSIONS = "/api/v1/sessions"
SESSION = b'{"lot_id":"%s","plate":"CO-7891"}' % LOT.encode()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a":1,"a":2}', {"a": 2}),
        (
            b"[9223372036854775807,-9223372036854775808,18446744073709551615]",
            [2**63 - 1, -(2**63), 2**64 - 1],
        ),
        (b'["123456789012345678901234567890"]', ["123456789012345678901234567890"]),
        (b"1.5e300", 1.5e300),
        (b"0.1234567890123456789012345", 0.1234567890123456789012345),
        ('"\U0001f17f"'.encode(), "\U0001f17f"),
        (rb'"\ud83c\udd7f"', "\U0001f17f"),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
        (b"[" + b"[]," * (MOST_CONTAINERS - 1) + b"1]", [*([[]] * (MOST_CONTAINERS - 1)), 1]),
    ],
)
def test_what_is_json_is_parsed(raw: bytes, value: Any) -> None:
    parsed = parse(raw)
    assert value is None or parsed == value


@pytest.mark.parametrize(
    "raw",
    [
        b"18446744073709551616",
        b"[-9223372036854775809]",
        b"9" * 100_000,
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"[" + b"[]," * MOST_CONTAINERS + b"1]",
        b"Infinity",
        b"-NaN",
        b"01",
        b"'a'",
        b'{"a":1,}',
        b'"\x01"',
        b'"\xc3\x28"',
        b"\xfe\xff\x00{\x00}",
    ],
)
def test_what_is_not_json_or_cannot_be_kept_names_the_body(raw: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(raw)
    assert [detail.field for detail in refused.value.details] == ["body"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON; Charset="UTF-8"',
        "application/json;charset=us-ascii; version=1",
    ],
)
def test_json_may_be_announced_in_many_ways(served: Site, content_type: str) -> None:
    answer = served.send("POST", SESSIONS, {**bearer(), "Content-Type": content_type}, SESSION)
    assert answer.status == 200


def test_a_body_that_is_compressed_is_not_read(served: Site) -> None:
    for coding, status in (("gzip", 415), ("identity, br", 415), ("Identity", 200)):
        headers = {**bearer(), **JSON, "Content-Encoding": coding}
        assert served.send("POST", SESSIONS, headers, SESSION).status == status


def test_a_body_of_1_mib_is_taken_and_one_byte_more_is_not(served: Site) -> None:
    padded = SESSION + b" " * (LARGEST - len(SESSION))
    assert served.post(SESSIONS, padded, bearer()).status == 200
    assert served.post(SESSIONS, padded + b" ", bearer()).status == 413


def test_a_body_that_need_not_be_there_may_be_left_out(served: Site) -> None:
    assert served.send("POST", "/api/v1/sandbox").json["body"] is None
    assert served.send("POST", "/api/v1/sandbox", JSON, b"{}").json["body"] == {}
    assert served.send("POST", "/api/v1/sandbox", {}, b"{}").status == 415


def test_a_body_where_none_belongs_is_left_unread(served: Site) -> None:
    assert served.send("GET", "/api/v1/health", {"Content-Type": "text/plain"}, b"whatever").status == 200
