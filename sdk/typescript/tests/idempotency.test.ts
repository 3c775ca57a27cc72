/** Which requests are named by a key, and by which. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { hangUp, over, refuse, type Fault } from "./connection.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PATH = { params: { path: { lot_id: "019bc262-9800-752e-89a7-834df2a74de4" } } };

test("every method that writes has a key, another for each call", async (context) => {
  const { client, seen } = await over(context, Array<Fault>(4).fill(refuse(404)));
  await client.DELETE("/api/v1/operator/lots/{lot_id}", PATH);
  await client.PATCH("/api/v1/operator/lots/{lot_id}", { ...PATH, body: { name: "Lionshead" } });
  await client.PUT("/api/v1/operator/lots/{lot_id}/agent-access", { ...PATH, body: { agent_access: "allowed" } });
  await client.POST("/api/v1/lots/{lot_id}/quotes", { ...PATH, body: { duration_hours: 2 } });
  assert.deepEqual(seen.map(({ method }) => method), ["DELETE", "PATCH", "PUT", "POST"]);
  seen.forEach(({ key }) => assert.match(key!, UUID));
  assert.equal(new Set(seen.map(({ key }) => key)).size, 4);
});

test("a key of the caller's own is kept, in the header or beside the parameters", async (context) => {
  const { client, seen } = await over(context, Array<Fault>(3).fill(refuse(404)));
  const order = { ...PATH.params.path, plate: "CO-7891" };
  const named = { ...order, idempotency_key: "mine" };
  await client.POST("/api/v1/sessions", { params: { header: { "Idempotency-Key": "mine" } }, body: order });
  await client.POST("/api/v1/sessions", { body: named });
  await client.POST("/api/v1/agents/openai/actions", { body: { action: "create_session", parameters: named } });
  assert.deepEqual(seen.map(({ key }) => key), ["mine", "mine", "mine"]);
});

for (const [name, fault] of Object.entries({ hangUp, refusal: refuse(503, { "Retry-After": "0" }) })) {
  test(`a write that takes no key is never repeated, after a ${name} neither`, async (context) => {
    const { client, seen, waits } = await over(context, [fault]);
    const header = { "Stripe-Signature": "t=1,v1=0" };
    const body = { id: "evt_1", type: "payment_intent.succeeded", livemode: false, data: { object: {} } };
    const [outcome] = await Promise.allSettled([client.POST("/api/v1/webhooks/stripe", { params: { header }, body })]);
    assert.equal(outcome.status, fault === hangUp ? "rejected" : "fulfilled");
    assert.deepEqual([seen.length, seen[0]?.key, waits], [1, undefined, []]);
  });
}
