/** Asking again: only what may be asked again, not before the server wants it, and not for ever. */
import { retryAfterOf } from "./answers.js";
import { NotReached } from "./errors.js";
import { IDEMPOTENCY_KEY } from "./idempotency.js";

/** Sends a request, as the global `fetch` does. */
export type Fetch = (request: Request) => Promise<Response>;

/** What retries need of the world; tests give another one. */
export interface Clock {
  /** Milliseconds since some moment; they never run backwards. */
  now(): number;
  /** Give a signal that is aborted after so many milliseconds. */
  timeout(milliseconds: number): AbortSignal;
  /** Wait, and reject with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 to 1, as `Math.random` gives. */
  random(): number;
}

/** How much is done before an answer is given up. */
export interface Persistence {
  /** How often to ask again. */
  retries: number;
  /** Within how many seconds one attempt has to have its answer whole. */
  timeout: number;
  /** Within how many seconds a call ends, with all its attempts and the waits between them. */
  patience: number;
  clock: Clock;
}

const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 30_000;
const PASSING = new Set([408, 409, 429]);
const LASTING = new Set([501, 505]);

/** The clock of the machine. */
export const machineClock: Clock = {
  now: () => performance.now(),
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
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
export function persistent(fetch: Fetch, { retries, timeout, patience, clock }: Persistence): Fetch {
  return async (request) => {
    const end = clock.now() + patience * 1000;
    for (let attempt = 0; ; attempt += 1) {
      const span = Math.max(0, Math.min(timeout * 1000, end - clock.now()));
      const answer = askOnce(fetch, request, clock.timeout(Math.ceil(span)));
      const seconds = await secondsToWait(answer, request.signal);
      if (seconds === undefined || attempt >= retries || !isRepeatable(request)) return answer;
      const wait = seconds * 1000 + clock.random() * backoff(attempt);
      if (clock.now() + wait > end) return answer;
      await clock.sleep(wait, request.signal);
    }
  };
}

function isRepeatable({ method, headers }: Request): boolean {
  return method === "GET" || method === "HEAD" || headers.has(IDEMPOTENCY_KEY);
}

/** Read the answer to its end, so that one which is cut short counts as none. */
async function askOnce(fetch: Fetch, request: Request, late: AbortSignal): Promise<Response> {
  const signal = AbortSignal.any([request.signal, late]);
  try {
    const response = await fetch(new Request(request.clone(), { signal }));
    await response.clone().arrayBuffer();
    return response;
  } catch (cause) {
    throw request.signal.aborted ? cause : new NotReached(request, cause);
  }
}

/** Say after how many seconds to ask again; undefined where that would help nobody. */
function secondsToWait(answer: Promise<Response>, signal: AbortSignal): Promise<number | undefined> {
  return answer.then(
    (response) => {
      const seconds = retryAfterOf(response);
      if (!isPassing(response.status)) return undefined;
      // Without Retry-After a conflict is one of the lot or the session, and does not pass by itself.
      return response.status === 409 ? seconds : (seconds ?? 0);
    },
    // No answer. The caller gets this error if no later attempt is made.
    () => (signal.aborted ? undefined : 0),
  );
}

function isPassing(status: number): boolean {
  return PASSING.has(status) || (status >= 500 && !LASTING.has(status));
}

function backoff(attempt: number): number {
  return Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** attempt);
}
