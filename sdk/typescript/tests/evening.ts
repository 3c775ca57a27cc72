/** The server that the tests are given, and the Vail evening on it. */
import assert from "node:assert/strict";

import { createParkGraph, unwrap, type Clock, type Options, type ParkGraph, type Schemas } from "parkgraph";

export const SERVER = given("PARKGRAPH_URL");
export const VAIL = { lat: 39.6403, lng: -106.3742, radius_km: 1.5, limit: 5 };
export const LIFTHOUSE = "Vail Village Lifthouse Lot";
export const LIONSHEAD = "Lionshead Public Parking";

/** A clock on which nobody waits, and which tells how long they would have. */
export class WatchedClock implements Clock {
  readonly waits: number[] = [];
  /** How long each attempt might have taken. */
  readonly spans: number[] = [];
  #time = 0;
  #attempt = new AbortController();

  now(): number {
    return this.#time;
  }

  timeout(milliseconds: number): AbortSignal {
    this.spans.push(milliseconds);
    this.#attempt = new AbortController();
    return this.#attempt.signal;
  }

  /** Let the attempt that is under way come to the end of its time. */
  runOut(): void {
    this.#time += this.spans.at(-1)!;
    this.#attempt.abort(new DOMException("Too late.", "TimeoutError"));
  }

  async sleep(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds);
    this.#time += milliseconds;
  }

  random(): number {
    return 0.5;
  }
}

function given(name: string): string {
  const value = process.env[name];
  assert(value, `${name} has to say where a server listens`);
  return value;
}

export async function newSandbox(): Promise<Schemas["Sandbox"]> {
  const { sandbox } = await unwrap(createParkGraph({ baseUrl: SERVER }).POST("/api/v1/sandbox", { body: {} }));
  return sandbox;
}

export async function inNewSandbox(options: Partial<Options> = {}): Promise<ParkGraph> {
  const { api_key } = await newSandbox();
  return createParkGraph({ baseUrl: SERVER, apiKey: api_key, ...options });
}

export async function lotsNearVail(client: ParkGraph): Promise<Map<string, Schemas["LotSummary"]>> {
  const { lots } = await unwrap(client.GET("/api/v1/lots/search", { params: { query: VAIL } }));
  return new Map(lots.map((lot) => [lot.name, lot]));
}

export async function lionshead(client: ParkGraph): Promise<string> {
  const lot = (await lotsNearVail(client)).get(LIONSHEAD);
  assert(lot);
  return lot.id;
}
