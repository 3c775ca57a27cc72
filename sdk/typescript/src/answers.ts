/** What the headers of every answer say. */

/** How a rate budget stands: the one with least left of those that apply. */
export interface Budget {
  /** Requests a minute. */
  limit: number;
  /** Requests that it admits right now. */
  remaining: number;
  /** When it is full again. */
  resetAt: Date;
}

/** Read how the caller's rate budget stands; undefined where something else than Park Graph answered. */
export function budgetOf({ headers }: Response): Budget | undefined {
  const [limit, remaining, reset] = ["Limit", "Remaining", "Reset"].map((name) =>
    wholeNumber(headers.get(`X-RateLimit-${name}`)),
  );
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  return { limit, remaining, resetAt: new Date(reset * 1000) };
}

/** Read how many seconds to wait before asking again; undefined where the answer does not say. */
export function retryAfterOf({ headers }: Response): number | undefined {
  return wholeNumber(headers.get("Retry-After"));
}

/** Read the id by which the request is found in a trace. */
export function requestIdOf({ headers }: Response): string | undefined {
  return headers.get("X-Request-Id") ?? undefined;
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}
