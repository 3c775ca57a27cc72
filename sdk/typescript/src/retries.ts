/** Asking again: only what may be asked again, not before the server wants it, and not for ever. */
import { retryAfterOf } from "./answers.js";
import { IDEMPOTENCY_KEY } from "./idempotency.js";

/** Sends a request, as the global `fetch` does. */
export type Fetch = (request: Request) => Promise<Response>;

/** What retries need of the world; tests give another one. */
export interface Clock {
  /** Wait, and reject with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 to 1, as `Math.random` gives. */
  random(): number;
}

/** How much is done before an answer is given up. */
export interface Persistence {
  /** How often to ask again. */
  retries: number;
  /** How many seconds to wait, all waits of a call together. */
  patience: number;
  clock: Clock;
}

const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 30_000;
const PASSING = new Set([409, 429, 500, 502, 503]);

/** The clock of the machine. */
export const machineClock: Clock = {
  random: Math.random,
  async sleep(milliseconds, signal) {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      }, milliseconds);
      signal.addEventListener("abort", stop, { once: true });
    });
  },
};

/** Make a `fetch` that asks again while that may help: what is read, and what has an idempotency key. */
export function persistent(fetch: Fetch, { retries, patience, clock }: Persistence): Fetch {
  return async (request) => {
    if (!isRepeatable(request)) return fetch(request);
    let left = patience * 1000;
    for (let attempt = 0; ; attempt += 1) {
      const answer = askOnce(fetch, request);
      const seconds = await secondsToWait(answer, request.signal);
      if (seconds === undefined || attempt >= retries) return answer;
      const wait = seconds * 1000 + clock.random() * backoff(attempt);
      left -= wait;
      if (left < 0) return answer;
      await clock.sleep(wait, request.signal);
    }
  };
}

function isRepeatable({ method, headers }: Request): boolean {
  return method === "GET" || method === "HEAD" || headers.has(IDEMPOTENCY_KEY);
}

/** Read the answer to its end, so that one which is cut short counts as none. */
async function askOnce(fetch: Fetch, request: Request): Promise<Response> {
  const response = await fetch(request.clone());
  await response.clone().arrayBuffer();
  return response;
}

/** Say after how many seconds to ask again; undefined where that would help nobody. */
function secondsToWait(answer: Promise<Response>, signal: AbortSignal): Promise<number | undefined> {
  return answer.then(
    (response) => {
      const seconds = retryAfterOf(response);
      if (!PASSING.has(response.status)) return undefined;
      // Without Retry-After a conflict is one of the lot or the session, and does not pass by itself.
      return response.status === 409 ? seconds : (seconds ?? 0);
    },
    // No answer. The caller gets this error if no later attempt is made.
    () => (signal.aborted ? undefined : 0),
  );
}

function backoff(attempt: number): number {
  return Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** attempt);
}
