/** The Vail evening of the reference, by REST and by the agents' dispatcher. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ParkGraphError, unwrap, type ParkGraph, type Schemas } from "parkgraph";

import { inNewSandbox, LIFTHOUSE, LIONSHEAD, lionshead, VAIL } from "./evening.ts";

const FOUR_HOURS_AND_A_BIT = 14_472;

interface Calls {
  search(): Promise<Schemas["SearchResult"]>;
  availability(lot_id: string): Promise<Schemas["AvailabilityResult"]>;
  rates(lot_id: string): Promise<Schemas["RatesResult"]>;
  begin(order: Schemas["CreateSessionParameters"]): Promise<Schemas["SessionResult"]>;
  look(session_id: string): Promise<Schemas["SessionResult"]>;
  end(session_id: string, session_code: string): Promise<Schemas["SessionResult"]>;
}

function byRest(client: ParkGraph): Calls {
  const lot = (lot_id: string) => ({ params: { path: { lot_id } } });
  const session = (session_id: string) => ({ params: { path: { session_id } } });
  return {
    search: () => unwrap(client.GET("/api/v1/lots/search", { params: { query: VAIL } })),
    availability: (lot_id) => unwrap(client.GET("/api/v1/lots/{lot_id}/availability", lot(lot_id))),
    rates: (lot_id) => unwrap(client.GET("/api/v1/lots/{lot_id}/rates", lot(lot_id))),
    begin: (order) => unwrap(client.POST("/api/v1/sessions", { body: order })),
    look: (session_id) => unwrap(client.GET("/api/v1/sessions/{session_id}", session(session_id))),
    end: (session_id, session_code) =>
      unwrap(client.POST("/api/v1/sessions/{session_id}/end", { ...session(session_id), body: { session_code } })),
  };
}

function byDispatcher(client: ParkGraph): Calls {
  const act = async <Noun extends string>(noun: Noun, body: Schemas["ActionRequest"]) => {
    const result = await unwrap(client.POST("/api/v1/agents/openai/actions", { body }));
    assert(noun in result, `${body.action} answered ${Object.keys(result)}`);
    return result as Extract<typeof result, Record<Noun, unknown>>;
  };
  return {
    search: () => act("lots", { action: "search_parking", parameters: VAIL }),
    availability: (lot_id) => act("availability", { action: "check_availability", parameters: { lot_id } }),
    rates: (lot_id) => act("rates", { action: "get_rates", parameters: { lot_id } }),
    begin: (order) => act("session", { action: "create_session", parameters: order }),
    look: (session_id) => act("session", { action: "get_session", parameters: { session_id } }),
    end: (session_id, session_code) =>
      act("session", { action: "end_session", parameters: { session_id, session_code } }),
  };
}

for (const calling of [byRest, byDispatcher]) {
  test(`a driver parks at Lionshead for four hours, ${calling.name}`, async () => {
    const client = await inNewSandbox();
    const calls = calling(client);
    const { lots } = await calls.search();
    const seen = new Map(lots.map(({ name, rate, available }) => [name, [rate, available]]));
    assert.deepEqual([seen.get(LIFTHOUSE), seen.get(LIONSHEAD)], [[8, 12], [6, 87]]);

    const lot_id = await lionshead(client);
    const available = async () => (await calls.availability(lot_id)).availability.available;
    assert.equal(await available(), 87);
    assert.equal((await calls.rates(lot_id)).rates.rate, 6);
    const { session } = await calls.begin({ lot_id, plate: "CO-7891" });
    assert.match(session.session_code, /^sess_/);
    assert.equal(await available(), 86);

    await unwrap(client.POST("/api/v1/sandbox/clock", { body: { advance_seconds: FOUR_HOURS_AND_A_BIT } }));
    const { payment } = (await calls.look(session.id)).session;
    assert.deepEqual([payment.status, payment.authorized], ["authorized", 25.5]);
    const { session: ended } = await calls.end(session.id, session.session_code);
    const bill = [ended.status, ended.duration_hours, ended.subtotal, ended.owner_payout];
    assert.deepEqual(bill, ["completed", 4.02, 24.12, 21.71]);
    assert.equal(await available(), 87);

    await assert.rejects(calls.end(session.id, session.session_code), (error) => {
      assert(error instanceof ParkGraphError);
      assert.deepEqual([error.status, error.code], [409, "CONFLICT"]);
      return true;
    });
  });
}
