/** What a caller is told where no answer came: it may have been done, and by which key it is asked for again. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createParkGraph, NotReached, unwrap, type Fetch } from "parkgraph";

import { cutAnswer, hangUp, loseAnswer, over } from "./connection.ts";
import { lionshead, newSandbox } from "./evening.ts";

async function lossOf(pending: Promise<unknown>): Promise<NotReached> {
  const [outcome] = await Promise.allSettled([pending]);
  assert.equal(outcome.status, "rejected");
  assert(outcome.reason instanceof NotReached);
  return outcome.reason;
}

for (const [name, fault] of Object.entries({ hangUp, loseAnswer, cutAnswer })) {
  test(`who asks again with the key after ${name} parks once`, async (context) => {
    const { api_key } = await newSandbox();
    const { client, seen } = await over(context, [fault], { apiKey: api_key, retries: 0 });
    const order = { plate: "CO-7891", lot_id: await lionshead((await over(context, [], { apiKey: api_key })).client) };
    const lost = await lossOf(client.POST("/api/v1/sessions", { body: order }));
    assert(!(lost instanceof TypeError));
    assert.equal(lost.name, "NotReached");
    assert.match(lost.message, /^POST http:\/\/127\.0\.0\.1:\d+\/api\/v1\/sessions was not answered: ./);
    assert.deepEqual(seen.map(({ key }) => key), [lost.idempotencyKey]);

    const header = { "Idempotency-Key": lost.idempotencyKey! };
    const { session } = await unwrap(client.POST("/api/v1/sessions", { params: { header }, body: order }));
    const { data: sessions } = await unwrap(client.GET("/api/v1/sessions"));
    assert.deepEqual(sessions.map(({ id }) => id), [session.id]);
  });
}

test("the last failure of the connection is told with its cause, and a read has no key", async (context) => {
  const { client, seen } = await over(context, [hangUp, hangUp, hangUp], { retries: 2 });
  const lost = await lossOf(client.GET("/api/v1/health"));
  assert(lost.cause instanceof TypeError);
  assert.equal(lost.idempotencyKey, undefined);
  assert.equal(seen.length, 3);
});

function once(fetch: Fetch) {
  return createParkGraph({ baseUrl: "https://parking.example", fetch, retries: 0 });
}

test("a query is not told, as it may hold a plate; what the network said is", async () => {
  const client = once(async () => {
    throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
  });
  const lost = await lossOf(client.GET("/api/v1/sessions/search", { params: { query: { plate: "CO-7891" } } }));
  const where = "GET https://parking.example/api/v1/sessions/search";
  assert.equal(lost.message, `${where} was not answered: fetch failed: connect ECONNREFUSED`);
});

test("where there are many causes and no message, a code is told", async () => {
  const refusals = Object.assign(new AggregateError([new Error("one"), new Error("other")]), { code: "ECONNREFUSED" });
  const client = once(() => Promise.reject(new TypeError("fetch failed", { cause: refusals })));
  const lost = await lossOf(client.GET("/api/v1/health"));
  assert.match(lost.message, /: fetch failed: ECONNREFUSED$/);
});

test("a failure that is no error is a cause, too", async () => {
  const lost = await lossOf(once(() => Promise.reject("the cable is out")).GET("/api/v1/health"));
  assert.match(lost.message, /: the cable is out$/);
  assert.equal(lost.cause, "the cable is out");
});
