/** A client of Park Graph: every operation of the contract, typed, with keys for writes and patient retries. */
import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./contract.js";
import { idempotencyKeys } from "./idempotency.js";
import { machineClock, persistent, type Clock, type Fetch } from "./retries.js";

export { budgetOf, type Budget } from "./answers.js";
export { ParkGraphError, unwrap, type Answer, type ErrorCode, type ErrorDetail } from "./errors.js";
export type { Clock, Fetch } from "./retries.js";
export { verifyWebhook, WebhookVerificationError, type HeadersOfRequest, type WebhookEvent } from "./webhooks.js";
export type { components, operations, paths } from "./contract.js";

/** The nouns of the contract by name: `Schemas["Session"]`. */
export type Schemas = components["schemas"];

/** Calls each path of the contract by its method: `client.GET("/api/v1/lots/search", …)`. */
export type ParkGraph = Client<paths>;

/** Where to find Park Graph, and how to talk to it. */
export interface Options {
  /** The server, without a path. */
  baseUrl: string;
  /** Some operations answer without one. */
  apiKey?: string | undefined;
  /** Sends one request; the global `fetch` unless given. */
  fetch?: Fetch;
  /** How often to ask again, nine times unless given. */
  retries?: number;
  /** How many seconds to wait for one answer, all waits together, 120 unless given. */
  patience?: number;
  /** Waits and draws lots; the machine's unless given. */
  clock?: Clock;
}

/** Make a client. */
export function createParkGraph({
  baseUrl,
  apiKey,
  fetch = (request) => globalThis.fetch(request),
  retries = 9,
  patience = 120,
  clock = machineClock,
}: Options): ParkGraph {
  const client = createClient<paths>({
    baseUrl,
    headers: apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` },
    fetch: persistent(fetch, { retries, patience, clock }),
  });
  client.use(idempotencyKeys);
  return client;
}
