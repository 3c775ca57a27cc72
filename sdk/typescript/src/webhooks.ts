/** Webhooks, verified by Standard Webhooks 1.0. */
import type { components } from "./contract.js";

type Schemas = components["schemas"];

/** What a webhook tells; a ping is a delivery, but no event that is listed. */
export type WebhookEvent = Pick<Schemas["Event"], "timestamp" | "data"> & {
  /** The same however often it is sent: who keeps it does nothing twice. */
  id: string;
  type: Schemas["Delivery"]["event_type"];
};

/** Headers as `fetch` has them, or as Node.js gives them. */
export type HeadersOfRequest = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Not from Park Graph, not with this secret, or not of now. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

const TOLERANCE_SECONDS = 300;
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;
const SECRET = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Give the event that a request tells, from its body as it came, or throw a `WebhookVerificationError`. */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: HeadersOfRequest,
  secret: string,
  now: Date = new Date(),
): Promise<WebhookEvent> {
  const raw = rawOf(body);
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => read(headers, `webhook-${name}`));
  if (!id || !timestamp || !signatures) throw new WebhookVerificationError("A header of the webhook is missing.");
  if (!(Math.abs(now.getTime() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) {
    throw new WebhookVerificationError("The webhook was not sent within five minutes of now.");
  }
  const key = await keyOf(secret);
  const signed = joined(encoder.encode(`${id}.${timestamp}.`), raw);
  for (const signature of signatures.split(" ")) {
    const [, mac] = SIGNATURE.exec(signature) ?? [];
    if (mac && (await crypto.subtle.verify("HMAC", key, bytesOf(mac), signed))) return eventIn(raw, id);
  }
  throw new WebhookVerificationError("No signature of the webhook is by this secret.");
}

function rawOf(body: unknown): Uint8Array {
  if (typeof body === "string") return encoder.encode(body);
  if (body instanceof Uint8Array) return body;
  throw new TypeError("Give the body of the webhook as it came, a string or bytes, and not read as JSON.");
}

function eventIn(raw: Uint8Array, id: string): WebhookEvent {
  return { ...JSON.parse(decoder.decode(raw)), id };
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + rest.length);
  whole.set(head);
  whole.set(rest, head.length);
  return whole;
}

function read(headers: HeadersOfRequest, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? [];
  return typeof value === "string" ? value : value?.join(" ");
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const text = typeof secret === "string" ? secret.replace(/^whsec_/, "") : "";
  if (!SECRET.test(text)) throw new WebhookVerificationError("The secret is not one of a webhook.");
  return crypto.subtle.importKey("raw", bytesOf(text), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
