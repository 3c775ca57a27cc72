/** A client of Park Graph: every operation of the contract, typed, with keys for writes and patient retries. */
import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./contract.js";
import { readableAnswers } from "./errors.js";
import { idempotencyKeys } from "./idempotency.js";
import { checkApiKey, checkBaseUrl, checkRetries, checkSeconds, pathParameters } from "./refusals.js";
import { machineClock, persistent, type Clock, type Fetch } from "./retries.js";

export { budgetOf, type Budget } from "./answers.js";
export { NotReached, ParkGraphError, unwrap, type Answer, type ErrorCode, type ErrorDetail } from "./errors.js";
export type { Clock, Fetch } from "./retries.js";
export { verifyWebhook, WebhookVerificationError, type HeadersOfRequest, type WebhookEvent } from "./webhooks.js";
export type { components, operations, paths } from "./contract.js";

/** The nouns of the contract by name: `Schemas["Session"]`. */
export type Schemas = components["schemas"];

/** Calls each path of the contract by its method: `client.GET("/api/v1/lots/search", …)`. */
export type ParkGraph = Client<paths>;

/** Where to find Park Graph, and how to talk to it. */
export interface Options {
  /** The server, by http or https. */
  baseUrl: string;
  /** Visible ASCII characters; some operations answer without one. */
  apiKey?: string | undefined;
  /** Sends one request; the global `fetch` unless given. */
  fetch?: Fetch;
  /** How often to ask again, nine times unless given. */
  retries?: number;
  /** Within how many seconds one attempt has to have its answer whole, 30 unless given. */
  timeout?: number;
  /** Within how many seconds a call ends, with all its attempts and the waits between them, 120 unless given. */
  patience?: number;
  /** Tells the time, waits and draws lots; the machine's unless given. */
  clock?: Clock;
}

/** Make a client. */
export function createParkGraph({
  baseUrl,
  apiKey,
  fetch = (request) => globalThis.fetch(request),
  retries = 9,
  timeout = 30,
  patience = 120,
  clock = machineClock,
}: Options): ParkGraph {
  checkBaseUrl(baseUrl);
  checkApiKey(apiKey);
  checkRetries(retries);
  checkSeconds("timeout", timeout);
  checkSeconds("patience", patience);
  const client = createClient<paths>({
    baseUrl,
    // Nobody but the server that was named is sent a body, or a key.
    redirect: "manual",
    headers: apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` },
    fetch: persistent(fetch, { retries, timeout, patience, clock }),
  });
  // Answers pass from the last to the first: their key is noted before they are judged.
  client.use(pathParameters, readableAnswers, idempotencyKeys);
  return client;
}
