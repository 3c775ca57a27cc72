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

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Read how many seconds to wait before asking again; undefined where the answer does not say. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get("Retry-After");
  const until = moment(text);
  if (until === undefined) return wholeNumber(text);
  // The clock of whoever wrote the date, where the answer tells it: the caller's may be wrong.
  const now = moment(headers.get("Date")) ?? Date.now();
  return Math.max(0, Math.ceil((until - now) / 1000));
}

/** Read the id by which the request is found in a trace. */
export function requestIdOf({ headers }: Response): string | undefined {
  return headers.get("X-Request-Id") ?? undefined;
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

function moment(text: string | null): number | undefined {
  const time = text !== null && HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
