/** Errors as exceptions, for those who would rather catch than compare. */
import type { Middleware } from "openapi-fetch";

import { budgetOf, requestIdOf, retryAfterOf, type Budget } from "./answers.js";
import type { components } from "./contract.js";
import { IDEMPOTENCY_KEY, idempotencyKeyOf } from "./idempotency.js";

/** A code of the catalogue, as of this version. */
export type ErrorCode = components["schemas"]["ErrorCode"];

/** A field that stands in the way, and why. */
export type ErrorDetail = components["schemas"]["ErrorDetail"];

/** What the client's methods resolve to. */
export type Answer<Data> =
  | { data: Data; error?: never; response: Response }
  | { data?: never; error: unknown; response: Response };

/** A refusal, or an answer that is no data, with all that it says. */
export class ParkGraphError extends Error {
  override readonly name = "ParkGraphError";
  readonly status: number;
  /** Undefined where something else than Park Graph answered, such as a proxy. A newer server may say another. */
  readonly code: ErrorCode | (string & {}) | undefined;
  /** Give it to support: the full trace is found by it alone. */
  readonly requestId: string | undefined;
  readonly details: readonly ErrorDetail[];
  readonly budget: Budget | undefined;
  /** Seconds to wait before asking again. */
  readonly retryAfter: number | undefined;
  /** The key that the write went out with: who calls again with it does nothing twice. */
  readonly idempotencyKey: string | undefined;
  readonly response: Response;

  constructor(response: Response, body: unknown, options?: ErrorOptions) {
    const facts = factsIn(body);
    super(facts.message ?? describe(response), options);
    this.status = response.status;
    this.code = facts.code;
    this.requestId = facts.request_id ?? requestIdOf(response);
    this.details = facts.details ?? [];
    this.budget = budgetOf(response);
    this.retryAfter = retryAfterOf(response);
    this.idempotencyKey = idempotencyKeyOf(response);
    this.response = response;
  }
}

/** No answer came, or none that is whole. A write may have been carried out: call again with its key. */
export class NotReached extends Error {
  override readonly name = "NotReached";
  /** The key that the write went out with: who calls again with it does nothing twice. */
  readonly idempotencyKey: string | undefined;

  constructor({ method, url, headers }: Request, cause: unknown) {
    const { origin, pathname } = new URL(url);
    super(`${method} ${origin}${pathname} was not answered: ${reasonsOf(cause).join(": ")}`, { cause });
    this.idempotencyKey = headers.get(IDEMPOTENCY_KEY) ?? undefined;
  }
}

/** The data of an answer that is no refusal; told by `error`, which reads the same with and without exact options. */
type DataOf<Each> = Each extends { error: unknown }
  ? never
  : Each extends { data: infer Data }
    ? [Data] extends [never]
      ? undefined
      : Data
    : never;

/** Take the data out of an answer, or throw the `ParkGraphError` that it is. */
export async function unwrap<Given extends Answer<unknown>>(
  answer: Given | PromiseLike<Given>,
): Promise<DataOf<Given>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new ParkGraphError(response, error);
  return data as DataOf<Given>;
}

/** Throw a `ParkGraphError` where data is not in JSON, as the page of a proxy is not. */
export const readableAnswers: Middleware = {
  async onResponse({ response, options }) {
    if (!response.ok || options.parseAs !== "json") return;
    const text = await response.clone().text();
    try {
      if (text) JSON.parse(text);
    } catch (cause) {
      throw new ParkGraphError(response, undefined, { cause });
    }
  },
};

function describe({ ok, status }: Response): string {
  return `The answer was ${status}, ${ok ? "but not in JSON" : "without an error of Park Graph's"}.`;
}

/** What a failure says, and what lies behind it: `fetch` itself only says that it failed. */
function reasonsOf(cause: unknown): string[] {
  if (!(cause instanceof Error)) return [String(cause)];
  // Where a name has several addresses Node.js gives a code and no message.
  const reason = cause.message || String("code" in cause ? cause.code : cause.name);
  return cause.cause === undefined ? [reason] : [reason, ...reasonsOf(cause.cause)];
}

function factsIn(body: unknown): Partial<components["schemas"]["ErrorFacts"]> {
  return Object((body as { error?: unknown } | null | undefined)?.error);
}
