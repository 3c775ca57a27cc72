/** Errors as exceptions, for those who would rather catch than compare. */
import { budgetOf, requestIdOf, retryAfterOf, type Budget } from "./answers.js";
import type { components } from "./contract.js";

/** A code of the catalogue. */
export type ErrorCode = components["schemas"]["ErrorCode"];

/** A field that stands in the way, and why. */
export type ErrorDetail = components["schemas"]["ErrorDetail"];

/** What the client's methods resolve to. */
export type Answer<Data> =
  | { data: Data; error?: never; response: Response }
  | { data?: never; error: unknown; response: Response };

/** A refusal, with all that it says. */
export class ParkGraphError extends Error {
  override readonly name = "ParkGraphError";
  readonly status: number;
  /** Undefined where something else than Park Graph answered, such as a proxy. */
  readonly code: ErrorCode | undefined;
  /** Give it to support: the full trace is found by it alone. */
  readonly requestId: string | undefined;
  readonly details: readonly ErrorDetail[];
  readonly budget: Budget | undefined;
  /** Seconds to wait before asking again. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, body: unknown) {
    const facts = factsIn(body);
    super(facts.message ?? `The answer was ${response.status}, without an error of Park Graph's.`);
    this.status = response.status;
    this.code = facts.code;
    this.requestId = facts.request_id ?? requestIdOf(response);
    this.details = facts.details ?? [];
    this.budget = budgetOf(response);
    this.retryAfter = retryAfterOf(response);
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

function factsIn(body: unknown): Partial<components["schemas"]["ErrorFacts"]> {
  return Object((body as { error?: unknown } | null | undefined)?.error);
}
