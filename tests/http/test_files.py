"""Files: bytes in the media types that an operation names, under the limits that hold for every body."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.http.body import LARGEST
from tests.http.conftest import generous
from tests.http.site import Answer, Site, bearer, site

IMPORT = "/api/v1/operator/lots/import"
CSV = {"Content-Type": "text/csv"}


def import_lots(
    user: Caller,
    raw: bytes,
    media_type: str,
    *,
    dry_run: bool = False,
    strict: bool = False,
    once: Once | None = None,
) -> dict[str, Any]:
    del user
    thread = threading.current_thread().name
    return {
        "thread": thread,
        "bytes": len(raw),
        "media_type": media_type,
        "dry_run": dry_run,
        "strict": strict,
        "print": once and once.fingerprint,
    }


@pytest.fixture
def importing() -> Any:
    with site(handlers={"importLots": import_lots}, settings=generous()) as made:
        yield made


def send(made: Site, body: bytes, headers: dict[str, str], query: str = "") -> Any:
    return made.send("POST", IMPORT + query, {**bearer(), **headers}, body)


@pytest.mark.parametrize(
    "media_type", ["text/csv", "Text/CSV; charset=utf-8; header=present", "application/geo+json"]
)
def test_a_file_reaches_its_handler_as_it_is(importing: Site, media_type: str) -> None:
    answer = send(importing, b'a,b\n"\xff', {"Content-Type": media_type}, "?dry_run=true")
    assert (answer.status, answer.json["bytes"], answer.json["dry_run"]) == (200, 6, True)
    assert answer.json["media_type"] == media_type.partition(";")[0].lower()


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "text/*", "application/geo+json+x"])
def test_a_file_of_another_media_type_is_a_415_that_names_those_it_may_be(
    importing: Site, media_type: str
) -> None:
    answer = send(importing, b"{}", {"Content-Type": media_type})
    assert answer.status == 415
    assert "text/csv or application/geo+json" in answer.error["message"]


def test_a_file_may_have_1_mib_and_not_a_byte_more(importing: Site) -> None:
    assert send(importing, b"x" * LARGEST, CSV).status == 200
    assert send(importing, b"x" * (LARGEST + 1), CSV).status == 413


@pytest.mark.parametrize(
    ("body", "headers", "field"),
    [(b"", CSV, "body"), (b"a,b", {"Content-Type": "text/csv; charset=latin-1"}, "Content-Type")],
)
def test_no_file_and_a_file_in_another_charset_are_refused(
    importing: Site, body: bytes, headers: dict[str, str], field: str
) -> None:
    answer = send(importing, body, headers)
    assert (answer.status, answer.fields) == (400, [field])


def test_an_idempotency_key_tells_files_and_rehearsals_apart(importing: Site) -> None:
    once = CSV | {"Idempotency-Key": "the-list"}
    sent = [(b"a", ""), (b"b", ""), (b"a", "?dry_run=true"), (b"a", "?strict=true")]
    prints = [send(importing, body, once, query).json["print"] for body, query in sent]
    assert len(set(prints)) == 4
    assert send(importing, b"a", once, "?strict=false").json["print"] == prints[0]
    as_geojson = once | {"Content-Type": "application/geo+json"}
    assert send(importing, b"a", as_geojson).json["print"] not in prints


def test_files_have_a_thread_for_themselves(importing: Site) -> None:
    others = importing.get("/api/v1/operator/api-keys", bearer())
    assert send(importing, b"a", CSV).json["thread"].startswith("files")
    assert not others.json["thread"].startswith("files")


def test_many_files_of_one_project_hold_up_no_other(served_order: "Order") -> None:
    order = served_order

    async def scene() -> None:
        mine = [order.begin("sandbox", b"mine") for _ in range(3)]
        await asyncio.to_thread(order.reads.acquire)
        other = order.begin("live", b"another's")
        await asyncio.sleep(0.05)
        order.goes_on.set()
        answers = await asyncio.wait_for(asyncio.gather(*mine, other), 10)
        assert {answer.status for answer in answers} == {200}

    order.site.loop.run_until_complete(scene())
    assert order.read == [b"mine", b"another's", b"mine", b"mine"]


class Order:
    """A site that reads files once a test lets it, and remembers in which order."""

    def __init__(self) -> None:
        self.goes_on, self.reads = threading.Event(), threading.Semaphore(0)
        self.read: list[bytes] = []
        self.site: Site

    def import_lots(self, raw: bytes) -> dict[str, Any]:
        self.read.append(raw)
        self.reads.release()
        assert self.goes_on.wait(10)
        return {}

    def begin(self, key: str, file: bytes) -> "asyncio.Task[Answer]":
        return self.site.loop.create_task(self.site.exchange("POST", IMPORT, {**bearer(key), **CSV}, file))


@pytest.fixture
def served_order() -> Iterator[Order]:
    order = Order()
    with site(handlers={"importLots": order.import_lots}, settings=generous()) as order.site:
        yield order
