/** What is asked again over a bad connection, after how long, and what never is. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ParkGraphError, unwrap, type Clock } from "parkgraph";

import { machineClock } from "../dist/retries.js";
import { lionshead, newSandbox } from "./evening.ts";
import { cutAnswer, hangUp, loseAnswer, over, refuse, type Fault } from "./connection.ts";

for (const [name, fault] of Object.entries({ hangUp, loseAnswer, cutAnswer, refuse: refuse(503) })) {
  test(`one session is made in spite of ${name}`, async (context) => {
    const { api_key } = await newSandbox();
    const { client: direct } = await over(context, [], { apiKey: api_key });
    const lot_id = await lionshead(direct);
    const { client, seen } = await over(context, [fault, fault], { apiKey: api_key });
    const { session } = await unwrap(client.POST("/api/v1/sessions", { body: { lot_id, plate: "CO-7891" } }));

    const { data: sessions } = await unwrap(direct.GET("/api/v1/sessions"));
    assert.deepEqual(sessions.map(({ id }) => id), [session.id]);
    assert.equal(seen.length, 3);
    assert(seen[0]?.key);
    assert.deepEqual(seen, [seen[0], seen[0], seen[0]]);
    assert.equal(seen[0].authorization, `Bearer ${api_key}`);
  });
}

test("an answer to a read that is cut short is read again", async (context) => {
  const { client, seen } = await over(context, [cutAnswer]);
  const { status } = await unwrap(client.GET("/api/v1/health"));
  assert.equal(status, "ok");
  assert.equal(seen.length, 2);
  assert.equal(seen[0]?.key, undefined);
});

test("it waits as long as it is told, and a random part of a growing time more", async (context) => {
  const faults = [refuse(429, { "Retry-After": "7" }), refuse(500), hangUp, refuse(409, { "Retry-After": "1" })];
  const { client, waits } = await over(context, faults);
  await unwrap(client.GET("/api/v1/health"));
  assert.deepEqual(waits, [7_250, 500, 1_000, 3_000]);
});

test("the random part does not grow for ever, and what is neither seconds nor a date is no wait", async (context) => {
  const faults = Array<Fault>(7).fill(refuse(502, { "Retry-After": "2026-11-22T18:30:00Z" }));
  const { client, waits } = await over(context, faults, { retries: 7 });
  await unwrap(client.GET("/api/v1/health"));
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]);
});

for (const [until, waited] of [
  ["Sun, 22 Nov 2026 18:30:09 GMT", 9_250],
  ["Sun, 22 Nov 2026 18:29:00 GMT", 250],
] as const) {
  test(`it waits until ${until}, by the clock of the answer`, async (context) => {
    const told = { "Retry-After": until, Date: "Sun, 22 Nov 2026 18:30:00 GMT" };
    const { client, waits } = await over(context, [refuse(503, told)]);
    await unwrap(client.GET("/api/v1/health"));
    assert.deepEqual(waits, [waited]);
  });
}

for (const status of [408, 504, 507, 520]) {
  test(`a ${status} passes by, and a write is sent again with its key`, async (context) => {
    const { client, seen } = await over(context, [refuse(status)]);
    await unwrap(client.POST("/api/v1/sandbox", { body: {} }));
    assert.equal(seen.length, 2);
    assert.equal(seen[0]?.key, seen[1]?.key);
  });
}

for (const [name, faults, waited] of [
  ["one wait", [refuse(429, { "Retry-After": "61" })], []],
  ["all waits together", Array<Fault>(2).fill(refuse(429, { "Retry-After": "40" })), [40_250]],
] as const) {
  test(`patience bounds ${name}`, async (context) => {
    const { client, waits } = await over(context, [...faults], { patience: 60 });
    const { response } = await client.GET("/api/v1/health");
    assert.equal(response.status, 429);
    assert.deepEqual(waits, waited);
  });
}

test("the last refusal is the answer, with its body", async (context) => {
  const faults = Array<Fault>(5).fill(refuse(503, { "Retry-After": "2" }));
  const { client, seen } = await over(context, faults, { retries: 4 });
  await assert.rejects(unwrap(client.GET("/api/v1/health")), (error) => {
    assert(error instanceof ParkGraphError);
    assert.deepEqual([error.status, error.message, error.retryAfter], [503, "Not now.", 2]);
    return true;
  });
  assert.equal(seen.length, 5);
});

for (const status of [400, 402, 404, 409, 422, 501, 505]) {
  test(`a ${status} is an answer, and nothing is asked again`, async (context) => {
    const { client, seen } = await over(context, [refuse(status)]);
    const { response } = await client.POST("/api/v1/sandbox", { body: {} });
    assert.deepEqual([response.status, seen.length], [status, 1]);
  });
}

test("an abort ends a wait at once, with its reason", async (context) => {
  const enough = new AbortController();
  const clock: Clock = {
    now: () => 0,
    timeout: machineClock.timeout,
    random: () => 0,
    sleep(milliseconds, signal) {
      const wait = machineClock.sleep(milliseconds, signal);
      enough.abort(new Error("The driver went on."));
      return wait;
    },
  };
  const { client, seen } = await over(context, [refuse(503, { "Retry-After": "3600" })], { clock, patience: 3_600 });
  const pending = client.GET("/api/v1/health", { signal: enough.signal });
  await assert.rejects(pending, { message: "The driver went on." });
  assert.equal(seen.length, 1);
});

test("whoever gave up before is not asked for again", async (context) => {
  const { client, seen, waits } = await over(context, []);
  await assert.rejects(client.GET("/api/v1/health", { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.deepEqual([seen, waits], [[], []]);
  await assert.rejects(machineClock.sleep(3_600_000, AbortSignal.abort()), { name: "AbortError" });
});

test("a wait of the machine's own ends by itself, or by an abort", async () => {
  const enough = new AbortController();
  assert.equal(await machineClock.sleep(0, enough.signal), undefined);
  const wait = machineClock.sleep(3_600_000, enough.signal);
  enough.abort(new Error("The driver went on."));
  await assert.rejects(wait, { message: "The driver went on." });
});
