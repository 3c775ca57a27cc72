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
  assert.equal(ping.id, headers["webhook-id"]);
  assert.deepEqual(await verifyWebhook(body, new Headers(headers as Record<string, string>), secret), ping);
});

test("the body may be bytes, and what was read as JSON is no body", async () => {
  const { body, headers, secret } = delivery;
  assert.equal((await verifyWebhook(Buffer.from(body), headers, secret)).type, "webhook.ping");
  const refusal = { name: "TypeError", message: /the body of the webhook as it came, a string or bytes/ };
  for (const read of [JSON.parse(body), undefined]) await assert.rejects(verifyWebhook(read, headers, secret), refusal);
});

test("headers are found whatever their case, and in lists", async () => {
  const { body, headers, secret } = delivery;
  const capital = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]);
  const event = await verifyWebhook(body, Object.fromEntries(capital), secret);
  assert.equal(event.id, headers["webhook-id"]);
});

test("while a secret is rotated, one signature of several is enough", async () => {
  const { body, headers, secret } = delivery;
  const signature = `v1,${"A".repeat(43)}= v1a,unknown v1,short ${headers["webhook-signature"]}`;
  const event = await verifyWebhook(body, { ...headers, "webhook-signature": signature }, secret);
  assert.equal(event.type, "webhook.ping");
});

const OTHER_SECRET = `whsec_${btoa("x".repeat(32))}`;
const AN_HOUR = 3_600_000;

const NOT_NOW = /not sent within five minutes/;
const NOT_SIGNED = /No signature/;
const NO_SECRET = /The secret is not one of a webhook/;

for (const [what, refusal, change] of [
  ["another body", NOT_SIGNED, () => ({ body: delivery.body.replace("ping", "pong") })],
  ["another secret", NOT_SIGNED, () => ({ secret: OTHER_SECRET })],
  ["an empty secret", NO_SECRET, () => ({ secret: "whsec_" })],
  ["a secret that is none", NO_SECRET, () => ({ secret: "whsec_***" })],
  ["a secret that did not come", NO_SECRET, () => ({ secret: null as unknown as string })],
  ["a secret that is cut", NO_SECRET, () => ({ secret: "whsec_AAAAA" })],
  ["another id", NOT_SIGNED, () => withHeader("webhook-id", "evt_other")],
  ["a signature of another version", NOT_SIGNED, () => withHeader("webhook-signature", `v2${signature().slice(2)}`)],
  ["no signature", /header of the webhook is missing/, () => withHeader("webhook-signature", undefined)],
  ["a time that is an hour past", NOT_NOW, () => ({ now: new Date(Date.now() + AN_HOUR) })],
  ["a time that is an hour away", NOT_NOW, () => ({ now: new Date(Date.now() - AN_HOUR) })],
  ["a time that is none", NOT_NOW, () => withHeader("webhook-timestamp", "today")],
] as [string, RegExp, () => Partial<Delivery & { now: Date }>][]) {
  test(`an event with ${what} is refused`, async () => {
    const { body, headers, secret, now } = { ...delivery, now: new Date(), ...change() };
    await assert.rejects(verifyWebhook(body, headers, secret, now), (error) => {
      assert(error instanceof WebhookVerificationError);
      assert.match(error.message, refusal);
      return true;
    });
  });
}

function withHeader(name: string, value: string | undefined): Partial<Delivery> {
  return { headers: { ...delivery.headers, [name]: value } };
}

function signature(): string {
  return delivery.headers["webhook-signature"] as string;
}
