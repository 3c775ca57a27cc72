/** A bad connection to the server: it does the next thing that a test lists, and passes on what comes after. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";

import { createParkGraph, type Options, type ParkGraph } from "parkgraph";

import { SERVER, WatchedClock } from "./evening.ts";

/** A request that came along. */
export interface Seen {
  method: string;
  path: string;
  key: string | undefined;
  authorization: string | undefined;
  body: string;
}

interface Exchange {
  answer: ServerResponse;
  /** Ask the server. */
  forward(): Promise<Response>;
}

export type Fault = (exchange: Exchange) => Promise<void>;

/** Answer in the server's place. */
export function refuse(status: number, headers: Record<string, string> = {}): Fault {
  return async ({ answer }) => {
    const facts = { code: "SERVICE_UNAVAILABLE", message: "Not now.", request_id: `req_${"0".repeat(32)}` };
    answer.writeHead(status, { "Content-Type": "application/json", ...headers });
    answer.end(JSON.stringify({ error: facts }));
  };
}

/** Hang up before the server hears of the request. */
export const hangUp: Fault = async ({ answer }) => {
  answer.destroy();
};

/** Let the server do what is asked, and lose its answer. */
export const loseAnswer: Fault = async ({ answer, forward }) => {
  await forward();
  answer.destroy();
};

/** Let the server do what is asked, and hang up in the middle of its answer. */
export const cutAnswer: Fault = async ({ answer, forward }) => {
  const response = await forward();
  const whole = Buffer.from(await response.arrayBuffer());
  answer.writeHead(response.status, { "Content-Type": "application/json", "Content-Length": whole.length });
  answer.write(whole.subarray(0, whole.length / 2), () => answer.destroy());
};

const passOn: Fault = async ({ answer, forward }) => {
  const response = await forward();
  answer.writeHead(response.status, Object.fromEntries(response.headers));
  answer.end(Buffer.from(await response.arrayBuffer()));
};

/** Make a client whose connection has faults, one after another; give its requests and its waits as they come. */
export async function over(
  context: TestContext,
  faults: readonly Fault[],
  options: Partial<Options> = {},
): Promise<{ client: ParkGraph; seen: Seen[]; waits: number[] }> {
  const seen: Seen[] = [];
  const baseUrl = await listen(context, [...faults], seen);
  const clock = new WatchedClock();
  return { client: createParkGraph({ baseUrl, clock, ...options }), seen, waits: clock.waits };
}

async function listen(context: TestContext, faults: Fault[], seen: Seen[]): Promise<string> {
  const server = createServer(async (request, answer) => {
    const body = await buffer(request);
    seen.push(note(request, body));
    await (faults.shift() ?? passOn)({ answer, forward: () => forward(request, body) });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function note({ method, url, headers }: IncomingMessage, body: Buffer): Seen {
  const key = headers["idempotency-key"]?.toString();
  return { method: method!, path: url!, key, authorization: headers.authorization, body: body.toString() };
}

function forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Response> {
  const { host: _host, connection: _connection, "content-length": _length, ...kept } = headers;
  return fetch(SERVER + url, {
    method: method!,
    headers: { ...(kept as Record<string, string>), "accept-encoding": "identity" },
    body: body.length ? new Uint8Array(body) : null,
  });
}
