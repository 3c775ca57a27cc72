/** How long a call may take, and where it may go. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { createParkGraph, NotReached, ParkGraphError, unwrap } from "parkgraph";

import { over, refuse, type Fault } from "./connection.ts";
import { SERVER, WatchedClock } from "./evening.ts";

function isLate(error: unknown): boolean {
  assert(error instanceof NotReached);
  assert.equal((error.cause as Error).name, "TimeoutError");
  assert.match(error.message, /was not answered: Too late\.$/);
  return true;
}

function silent(clock: WatchedClock): Fault {
  return async () => clock.runOut();
}

test("an attempt that has no answer in time is given up, and made again", async (context) => {
  const clock = new WatchedClock();
  const { client, seen } = await over(context, [silent(clock)], { clock, timeout: 7 });
  await unwrap(client.POST("/api/v1/sandbox", { body: {} }));
  assert.equal(seen.length, 2);
  assert.equal(seen[0]?.key, seen[1]?.key);
  assert.deepEqual([clock.spans, clock.waits], [[7_000, 7_000], [250]]);
});

test("patience bounds all attempts and waits together, and cuts the last attempt short", async (context) => {
  const clock = new WatchedClock();
  const { client, seen } = await over(context, Array<Fault>(3).fill(silent(clock)), { clock, patience: 70 });
  await assert.rejects(client.GET("/api/v1/health"), isLate);
  assert.deepEqual([clock.spans, clock.waits], [[30_000, 30_000, 9_250], [250, 500]]);
  assert.deepEqual([clock.now(), seen.length], [70_000, 3]);
});

test("a write that takes no key has as long as any other, once", async (context) => {
  const clock = new WatchedClock();
  const { client, seen } = await over(context, [silent(clock)], { clock });
  const header = { "Stripe-Signature": "t=1,v1=0" };
  const body = { id: "evt_1", type: "payment_intent.succeeded", livemode: false, data: { object: {} } };
  await assert.rejects(client.POST("/api/v1/webhooks/stripe", { params: { header }, body }), isLate);
  assert.deepEqual([clock.spans, seen.length], [[30_000], 1]);
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} is an error, and nobody else is sent the request`, async (context) => {
    const clock = new WatchedClock();
    const elsewhere: string[] = [];
    const fetch = async (request: Request) => {
      elsewhere.push(request.redirect);
      return globalThis.fetch(request);
    };
    const { client, seen } = await over(context, [refuse(status, { Location: "/api/v1/health" })], { clock, fetch });
    await assert.rejects(unwrap(client.POST("/api/v1/sandbox", { body: {} })), (error) => {
      assert(error instanceof ParkGraphError);
      assert.equal(error.status, status);
      return true;
    });
    assert.deepEqual([seen.length, elsewhere], [1, ["manual"]]);
  });
}

for (const lot_id of ["", ".", "..", undefined]) {
  test(`a path parameter that is ${JSON.stringify(lot_id)} is refused before anything is sent`, async (context) => {
    const { client, seen } = await over(context, []);
    const params = { path: { lot_id: lot_id as string } };
    await assert.rejects(client.DELETE("/api/v1/operator/lots/{lot_id}", { params }), {
      name: "TypeError",
      message: /path parameter lot_id/,
    });
    assert.deepEqual(seen, []);
  });
}

test("a path parameter stays one part of the path", async (context) => {
  const { client, seen } = await over(context, [refuse(404)]);
  await client.GET("/api/v1/lots/{lot_id}", { params: { path: { lot_id: "../a?b#c" } } });
  assert.deepEqual(seen.map(({ path }) => path), ["/api/v1/lots/..%2Fa%3Fb%23c"]);
});

for (const apiKey of ["pk_secret\n", "pk_secret\r\nX: y", "pk secret", "pk_secreté", "pk_secret…", ""]) {
  test(`a key that no header holds is refused and not told: ${JSON.stringify(apiKey)}`, () => {
    assert.throws(() => createParkGraph({ baseUrl: SERVER, apiKey }), (error) => {
      assert(error instanceof TypeError);
      assert.match(error.message, /^apiKey has to be/);
      assert(!error.message.includes("secret"));
      return true;
    });
  });
}

for (const baseUrl of ["", "nowhere", "/api", "htp://example.com", "file:///etc", "http://"]) {
  test(`a server is not at ${JSON.stringify(baseUrl)}`, () => {
    assert.throws(() => createParkGraph({ baseUrl }), { name: "TypeError", message: /^baseUrl has to be/ });
  });
}

for (const who of ["vail:secret@", "secret@", ":secret@"]) {
  test(`an address with ${who} is refused and not told`, () => {
    assert.throws(() => createParkGraph({ baseUrl: `https://${who}parking.example` }), (error) => {
      assert(error instanceof TypeError);
      assert.equal(error.message, "baseUrl has to be an address without user name and password.");
      return true;
    });
  });
}

for (const retries of [-1, 0.5, NaN, "2", null]) {
  test(`nobody asks again ${JSON.stringify(retries)} times`, () => {
    const refusal = { name: "RangeError", message: /^retries has to be a whole number/ };
    assert.throws(() => createParkGraph({ baseUrl: SERVER, retries: retries as number }), refusal);
  });
}

for (const seconds of [0, -1, NaN, Infinity, "5"]) {
  for (const name of ["timeout", "patience"]) {
    test(`${name} is no ${seconds} seconds`, () => {
      const refusal = { name: "RangeError", message: new RegExp(`^${name} has to be`) };
      assert.throws(() => createParkGraph({ baseUrl: SERVER, [name]: seconds as number }), refusal);
    });
  }
}
