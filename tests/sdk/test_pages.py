"""Lists that come page by page."""

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from parkgraph import AsyncParkGraph, InvalidAnswer, ParkGraph
from parkgraph.testing import HEADERS, Rehearsal
from tests.sdk.desks import Desk, Park

KEY = {"name": "n", "scopes": ["operator"], "last_four": "abcd", "created_at": "2026-04-10T23:30:00Z"}
NEXT = '</api/v1/operator/ledger.csv?limit=1&cursor=after-1>; rel="next"'


def keys(*ids: str, cursor: str | None = None) -> dict[str, Any]:
    page: dict[str, Any] = {"data": [KEY | {"id": id_} for id_ in ids]}
    return page if cursor is None else page | {"next_cursor": cursor}


def cursors(desk: Desk) -> list[list[str] | None]:
    return [parse_qs(request.url.query.decode()).get("cursor") for request in desk.sent]


def test_a_list_is_read_over_all_its_pages(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listApiKeys", keys("1", "2", cursor="after-2"))
    rehearsal.answer("listApiKeys", keys(cursor="after-none"))
    rehearsal.answer("listApiKeys", keys("3"))
    assert [key.id for key in desk.ask(lambda park: park.keys.list_api_keys(limit=2))] == ["1", "2", "3"]
    assert cursors(desk) == [None, ["after-2"], ["after-none"]]
    assert {request.url.params["limit"] for request in desk.sent} == {"2"}


def test_pages_are_read_one_by_one_with_their_answers(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listApiKeys", keys("1", cursor="after-1"), headers={"X-RateLimit-Remaining": "7"})
    rehearsal.answer("listApiKeys", keys("2"), headers={"X-RateLimit-Remaining": "6"})
    pages = desk.ask(lambda park: park.keys.list_api_keys().pages())
    assert [page.answer.budget.remaining for page in pages] == [7, 6]


def test_a_list_that_goes_nowhere_is_not_read_for_ever(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listApiKeys", keys("1", cursor="same"))
    with pytest.raises(InvalidAnswer, match="listApiKeys names the page that it gave"):
        desk.ask(lambda park: park.keys.list_api_keys())
    assert cursors(desk) == [None, ["same"]]


def test_nor_is_a_table(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("exportLedgerCsv", "id\r\n1\r\n", headers={**HEADERS, "Link": NEXT})
    with pytest.raises(InvalidAnswer, match="exportLedgerCsv names the page that it gave"):
        desk.ask(lambda park: park.ledger.export_ledger_csv(limit=1))
    assert len(desk.sent) == 2


def test_one_page_is_asked_for_alone(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listApiKeys", keys("1", cursor="after-1"))
    page = desk.ask(lambda park: park.keys.list_api_keys(cursor="after-0").first())
    assert page.next_cursor == "after-1"
    assert cursors(desk) == [["after-0"]]


def test_a_list_says_what_it_is_and_how_it_is_read() -> None:
    how = "iterate over it, or take its first() or pages()"
    assert repr(ParkGraph("").keys.list_api_keys()) == f"<Pages of listApiKeys: {how}>"
    assert repr(AsyncParkGraph("").keys.list_api_keys()) == f"<AsyncPages of listApiKeys: {how}>"


def test_nothing_is_asked_before_it_is_read(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.answer("listApiKeys", keys("1"))
    rehearsal.answer("getHealth", {"status": "ok"})

    def list_and_look_elsewhere(park: Park) -> Any:
        park.keys.list_api_keys()
        return park.status.get_health()

    desk.ask(list_and_look_elsewhere)
    assert [request.url.path for request in desk.sent] == ["/api/v1/health"]


def test_a_map_is_read_over_all_its_pages_and_the_etag_is_that_of_the_first(
    desk: Desk, rehearsal: Rehearsal
) -> None:
    empty = {"type": "FeatureCollection", "features": []}
    rehearsal.answer("listLotsGeoJson", empty | {"next_cursor": "more"})
    rehearsal.answer("listLotsGeoJson", empty)
    assert desk.ask(lambda park: park.lots.list_lots_geo_json(if_none_match='"a"')) == []
    assert [request.headers.get("If-None-Match") for request in desk.sent] == ['"a"', None]


def test_a_table_is_read_row_by_row_over_all_its_parts(desk: Desk, rehearsal: Rehearsal) -> None:
    headers = {**HEADERS, "Content-Type": "text/csv; charset=utf-8"}
    rehearsal.answer("exportLedgerCsv", 'id,note\r\n1,"a\r\nb"\r\n', headers={**headers, "Link": NEXT})
    rehearsal.answer("exportLedgerCsv", "id,note\r\n2,ü\r\n", headers=headers)
    rows = desk.ask(lambda park: park.ledger.export_ledger_csv(limit=1))
    assert rows == [{"id": "1", "note": "a\r\nb"}, {"id": "2", "note": "ü"}]
    assert cursors(desk) == [None, ["after-1"]]
    assert {request.headers["Accept"] for request in desk.sent} == {"text/csv, application/json"}


def test_a_table_in_no_known_letters_is_refused(desk: Desk, rehearsal: Rehearsal) -> None:
    rehearsal.play("exportLedgerCsv", lambda _: httpx.Response(200, content=b"\xff\xfe"))
    with pytest.raises(InvalidAnswer):
        desk.ask(lambda park: park.ledger.export_ledger_csv().first())
