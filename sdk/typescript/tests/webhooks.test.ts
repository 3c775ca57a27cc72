/** Events, as a running server sends them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { before, test } from "node:test";

import { createParkGraph, unwrap, verifyWebhook, WebhookVerificationError } from "parkgraph";

import { newSandbox, SERVER } from "./evening.ts";

interface Delivery {
  body: string;
  headers: IncomingHttpHeaders;
  secret: string;
}

let delivery: Delivery;

/** Take one request, on any port of this machine. */
async function receive(askFor: (url: string) => Promise<string>): Promise<Delivery> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const [secret, [request, answer]] = await Promise.all([
    askFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}/park-graph`),
    once(server, "request") as Promise<[IncomingMessage, ServerResponse]>,
  ]);
  const body = await text(request);
  answer.writeHead(204).end();
  server.close();
  return { body, headers: request.headers, secret };
}

before(async () => {
  const { operator_key } = await newSandbox();
  const client = createParkGraph({ baseUrl: SERVER, apiKey: operator_key });
  delivery = await receive(async (url) => {
    const body = { url, events: ["session.created" as const] };
    const { webhook } = await unwrap(client.POST("/api/v1/operator/webhooks", { body }));
    const params = { path: { webhook_id: webhook.id } };
    await unwrap(client.POST("/api/v1/operator/webhooks/{webhook_id}/ping", { params }));
    assert(webhook.secret);
    return webhook.secret;
  });
});

test("an event is verified, with the headers of Node.js or those of fetch", async () => {
  const { body, headers, secret } = delivery;
  const ping = await verifyWebhook(body, headers, secret);
  assert.equal(ping.type, "webhook.ping");
  assert.deepEqual(await verifyWebhook(body, new Headers(headers as Record<string, string>), secret), ping);
});

test("while a secret is rotated, one signature of several is enough", async () => {
  const { body, headers, secret } = delivery;
  const signature = `v1,${"A".repeat(43)}= v1a,unknown v1,short ${headers["webhook-signature"]}`;
  const event = await verifyWebhook(body, { ...headers, "webhook-signature": signature }, secret);
  assert.equal(event.type, "webhook.ping");
});

const OTHER_SECRET = `whsec_${btoa("x".repeat(32))}`;
const AN_HOUR = 3_600_000;

for (const [what, change] of Object.entries<() => Partial<Delivery & { now: Date }>>({
  "another body": () => ({ body: delivery.body.replace("ping", "pong") }),
  "another secret": () => ({ secret: OTHER_SECRET }),
  "an hour later": () => ({ now: new Date(Date.now() + AN_HOUR) }),
  "an hour before": () => ({ now: new Date(Date.now() - AN_HOUR) }),
  "another id": () => ({ headers: { ...delivery.headers, "webhook-id": "evt_other" } }),
  "no time": () => ({ headers: { ...delivery.headers, "webhook-timestamp": "today" } }),
  "no signature": () => ({ headers: { ...delivery.headers, "webhook-signature": undefined } }),
  "a signature of another version": () => ({
    headers: { ...delivery.headers, "webhook-signature": `v2${delivery.headers["webhook-signature"]!.slice(2)}` },
  }),
})) {
  test(`an event with ${what} is refused`, async () => {
    const { body, headers, secret, now } = { ...delivery, now: new Date(), ...change() };
    await assert.rejects(verifyWebhook(body, headers, secret, now), WebhookVerificationError);
  });
}
