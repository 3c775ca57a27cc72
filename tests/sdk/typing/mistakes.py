"""Mistakes that a type checker finds before anything runs; each line that is one says so."""

from parkgraph import AsyncParkGraph, ParkGraph
from parkgraph.models import CreateSessionAction, GetSessionParameters, SearchResult


def mistakes(park: ParkGraph) -> None:
    park.sessions.create_session(lot_id="1")  # mistake
    park.sessions.create_session(lot_id="1", plate=7)  # mistake
    park.sessions.create_session(lot_id="1", plate="CO-7891", licence="CO-7891")  # mistake
    park.sessions.list_sessions(status=7)  # mistake
    park.sessions.list_sessions(started_after="2026-04-10T23:30:00Z")  # mistake
    park.refunds.create_refund("1", reason=["duplicate"])  # mistake
    park.keys.create_api_key(name="sales", scopes=[1])  # mistake
    park.lots.getLot("1")  # mistake
    park.inventory.update_lot("1", capacity="many")  # mistake
    park.inventory.update_lot("1", name=None)  # mistake
    park.webhooks.update_webhook("1", url=None)  # mistake
    park.projects.update_project(name=None)  # mistake
    CreateSessionAction(parameters=GetSessionParameters(session_id="1"))  # mistake
    park.lots.get_lot("1").rate = None  # mistake
    park.traces.get_trace("req").at.later()  # mistake
    park.sessions.get_session("1").subtotal + 1  # mistake


async def async_mistakes(park: AsyncParkGraph) -> None:
    found: SearchResult = park.lots.search_lots(address="Vail")  # mistake
    for _ in park.sessions.list_sessions():  # mistake
        print(found)
