"""Programs as users write them; type checkers read them and run nothing."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

import httpx

from parkgraph import (
    UNCHANGED,
    Answer,
    AsyncPages,
    AsyncParkGraph,
    Budget,
    Conflict,
    CsvPart,
    Pages,
    ParkGraph,
    RateLimited,
    Refused,
    Retries,
)
from parkgraph.models import (
    Availability,
    ChosenBudgets,
    CreateSessionAction,
    CreateSessionParameters,
    Event,
    GetRatesAction,
    GetRatesParameters,
    LineItem,
    Lot,
    LotFeature,
    OwnLot,
    RateBand,
    Rates,
    Refund,
    RequestRefundAction,
    RequestRefundParameters,
    SearchParkingAction,
    SearchParkingParameters,
    SearchResult,
    Session,
    SessionPage,
)
from parkgraph.testing import Rehearsal
from parkgraph.webhooks import verify


def find(park: ParkGraph) -> Lot:
    found = assert_type(park.lots.search_lots(lat=39.6403, lng=-106.3742, limit=2), SearchResult)
    assert_type(found.lots[0].rate, Decimal | None)
    assert_type(found.lots[0].updated_at, datetime)
    assert_type(park.availability.get_availability(found.lots[0].id), Availability)
    return assert_type(park.lots.get_lot(found.lots[0].id), Lot)


def stay(park: ParkGraph, lot: Lot) -> Session:
    session = park.sessions.create_session(lot_id=lot.id, plate="CO-7891", metadata={"booking": "lodge-412"})
    assert_type(session, Session)
    assert_type(session.answer, Answer)
    assert_type(session.answer.budget, Budget | None)
    assert_type(session.line_items, list[LineItem] | None)
    if session.status == "active":
        park.sessions.extend_session(session.id, session_code=session.session_code, extend_hours=1)
    return park.sessions.end_session(session.id, session_code=session.session_code)


def give_on(park: ParkGraph, session: Session) -> None:
    park.sessions.list_sessions(status=session.status)
    webhook = park.webhooks.list_webhooks().first().data[0]
    park.webhooks.update_webhook(webhook.id, events=webhook.events)
    lot = park.lots.get_lot(session.lot_id)
    park.lots.search_lots(type=lot.type)
    park.inventory.update_lot(lot.id, type=lot.type)
    ParkGraph(park.sandbox.create_sandbox().api_key)


def give_back(park: ParkGraph, session: Session) -> Refund:
    if session.subtotal is None:
        raise ValueError("It has not ended.")
    half = park.refunds.create_refund(session.id, amount=session.subtotal / 2, reason="duplicate")
    assert_type(half, Refund)
    return park.refunds.create_refund(session.id, amount=2.5)


def lists(park: ParkGraph) -> None:
    sessions = park.sessions.list_sessions(status="active", started_after=datetime(2026, 4, 10, tzinfo=UTC))
    assert_type(sessions, Pages[SessionPage, Session])
    for session in sessions:
        assert_type(session, Session)
    for page in sessions.pages():
        assert_type(page, SessionPage)
    assert_type(park.lots.list_lots_geo_json(bbox="-107,39,-106,40").first().features, list[LotFeature])
    rows = park.ledger.export_ledger_csv()
    assert_type(rows.first(), CsvPart)
    for row in rows:
        assert_type(row, dict[str, str])


def act(park: ParkGraph, lot: Lot, session: Session) -> None:
    search = SearchParkingAction(parameters=SearchParkingParameters(address="Vail"))
    assert_type(park.agents.dispatch_action(search), SearchResult)
    order = CreateSessionParameters(lot_id=lot.id, plate="CO-7891")
    assert_type(park.agents.dispatch_action(CreateSessionAction(parameters=order)), Session)
    rates = GetRatesAction(parameters=GetRatesParameters(lot_id=lot.id))
    assert_type(park.agents.dispatch_platform_action("gemini", action=rates), Rates)
    refund = RequestRefundAction(parameters=RequestRefundParameters(session_id=session.id))
    assert_type(park.agents.dispatch_platform_action("mcp", action=refund), Refund)


def operate(park: ParkGraph, lot_id: str) -> None:
    assert_type(park.inventory.update_lot(lot_id, address=None, city=UNCHANGED, capacity=40), OwnLot)
    nights = RateBand(days=["fri", "sat"], from_="18:00", to="02:00", rate=Decimal("4.5"))
    park.rates.set_rates(lot_id, rate=6, bands=[nights], holidays=[date(2026, 12, 25)], flat_fee=Decimal(1))
    park.projects.update_project(end_user_budget=None, budgets=ChosenBudgets(search=100, agent=None))
    park.keys.create_api_key(name="sales", scopes=["lots:read", "agent:act"])
    park.inventory.import_lots(b"external_id,name\n", content_type="text/csv", dry_run=True)
    assert_type(park.inventory.delete_lot(lot_id), Answer)


def fail(park: ParkGraph, lot: Lot) -> str:
    try:
        return park.sessions.create_session(lot_id=lot.id, plate="CO-7891").id
    except RateLimited as refusal:
        return f"in {assert_type(refusal.retry_after, float | None)} seconds"
    except Conflict as refusal:
        return refusal.details[0].message
    except Refused as refusal:
        return refusal.code


async def meanwhile(park: AsyncParkGraph, lot_id: str) -> AsyncIterator[Session]:
    assert_type(await park.lots.get_lot(lot_id), Lot)
    sessions = park.sessions.list_sessions()
    assert_type(sessions, AsyncPages[SessionPage, Session])
    assert_type(await sessions.first(), SessionPage)
    async for session in sessions:
        yield session
    search = SearchParkingAction(parameters=SearchParkingParameters(address="Vail"))
    assert_type(await park.agents.dispatch_action(search), SearchResult)


def hear(body: bytes, headers: Mapping[str, str]) -> Event:
    event = verify(body, headers, secret="whsec_…")
    if event.data.session is not None:
        assert_type(event.data.session.subtotal, Decimal | None)
    return event


def settings() -> tuple[ParkGraph, AsyncParkGraph]:
    calm = Retries(attempts=3, patience=10)
    rehearsal = Rehearsal()
    return (
        ParkGraph("pk_test_…", retries=calm, timeout=5, http=httpx.Client()),
        AsyncParkGraph(base_url="http://127.0.0.1:8080", transport=rehearsal),
    )
