/** What an answer says beside its data, and what a refusal says when it is thrown. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { budgetOf, createParkGraph, ParkGraphError, unwrap } from "parkgraph";

import { inNewSandbox, SERVER } from "./evening.ts";

async function refusalOf(pending: Promise<unknown>): Promise<ParkGraphError> {
  const [outcome] = await Promise.allSettled([pending]);
  assert.equal(outcome.status, "rejected");
  assert(outcome.reason instanceof ParkGraphError);
  return outcome.reason;
}

test("a refusal is an exception with all that the server said", async () => {
  const client = await inNewSandbox();
  const order = { lot_id: "nowhere", plate: "" };
  const refusal = await refusalOf(unwrap(client.POST("/api/v1/sessions", { body: order })));
  assert.deepEqual([refusal.name, refusal.status, refusal.code], ["ParkGraphError", 400, "BAD_REQUEST"]);
  assert.match(refusal.requestId!, /^req_[0-9a-f]{32}$/);
  assert.deepEqual(refusal.details.map(({ field }) => field).sort(), ["lot_id", "plate"]);
  assert.match(refusal.message, /^lot_id: /);
  assert(refusal.budget && refusal.budget.remaining < refusal.budget.limit);
});

test("the same refusal is data to those who compare", async () => {
  const { data, error, response } = await createParkGraph({ baseUrl: SERVER }).GET("/api/v1/sessions");
  assert.deepEqual([data, error?.error.code, response.status], [undefined, "UNAUTHORIZED", 401]);
});

test("every answer says how the budget stands", async () => {
  const { response } = await createParkGraph({ baseUrl: SERVER }).GET("/api/v1/health");
  const budget = budgetOf(response);
  assert(budget);
  assert(budget.limit > 0 && budget.remaining < budget.limit);
  assert(Math.abs(budget.resetAt.getTime() - Date.now()) < 120_000);
});

test("what is not Park Graph's has no code and no budget", async () => {
  for (const body of ["<html>Bad gateway</html>", '{"error": "bad gateway"}', "null", ""]) {
    const fetch = async () => new Response(body, { status: 504 });
    const client = createParkGraph({ baseUrl: SERVER, fetch, retries: 0 });
    const refusal = await refusalOf(unwrap(client.GET("/api/v1/health")));
    assert.deepEqual([refusal.status, refusal.code, refusal.requestId], [504, undefined, undefined]);
    assert.deepEqual([refusal.details, refusal.budget, refusal.retryAfter], [[], undefined, undefined]);
    assert.equal(refusal.message, "The answer was 504, without an error of Park Graph's.");
  }
});

test("an answer without a body has its request's id from the header", async () => {
  const fetch = async () => new Response(null, { status: 304, headers: { "X-Request-Id": "req_1" } });
  const refusal = await refusalOf(unwrap(createParkGraph({ baseUrl: SERVER, fetch }).GET("/api/v1/lots.geojson")));
  assert.deepEqual([refusal.status, refusal.requestId], [304, "req_1"]);
});

test("what has no content unwraps to nothing", async () => {
  const fetch = async () => new Response(null, { status: 204 });
  const client = createParkGraph({ baseUrl: SERVER, fetch });
  const params = { path: { webhook_id: "019bc262-9800-752e-89a7-834df2a74de4" } };
  assert.equal(await unwrap(client.DELETE("/api/v1/operator/webhooks/{webhook_id}", { params })), undefined);
});

for (const headers of [{}, { "Content-Length": "15" }]) {
  test(`a page in the place of data is an exception with the answer, ${Object.keys(headers)}`, async () => {
    const fetch = async () => new Response("<html>Welcome!", { headers });
    const client = createParkGraph({ baseUrl: SERVER, fetch });
    const header = { "Idempotency-Key": "mine" };
    const refusal = await refusalOf(client.POST("/api/v1/sandbox", { params: { header }, body: {} }));
    assert.deepEqual([refusal.status, refusal.message], [200, "The answer was 200, but not in JSON."]);
    assert.equal(await refusal.response.text(), "<html>Welcome!");
    assert(refusal.cause instanceof SyntaxError);
    assert.equal(refusal.idempotencyKey, "mine");
  });
}

test("what was asked for as text need not be JSON", async () => {
  const fetch = async () => new Response("at,amount");
  const client = createParkGraph({ baseUrl: SERVER, fetch });
  assert.equal(await unwrap(client.GET("/api/v1/operator/ledger.csv", { parseAs: "text" })), "at,amount");
});

test("a refusal tells the key with which to call again, where the write had one", async () => {
  const sent: (string | null)[] = [];
  const fetch = async ({ headers }: Request) => {
    sent.push(headers.get("Idempotency-Key"));
    return new Response("{}", { status: 503 });
  };
  const client = createParkGraph({ baseUrl: SERVER, fetch, retries: 0 });
  const write = await refusalOf(unwrap(client.POST("/api/v1/sandbox", { body: {} })));
  const read = await refusalOf(unwrap(client.GET("/api/v1/health")));
  assert(write.idempotencyKey);
  assert.deepEqual([write.idempotencyKey, read.idempotencyKey ?? null], sent);
});
