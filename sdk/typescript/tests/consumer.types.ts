/** A program of somebody who uses the package; it compiles with `strict` alone, too. Nothing of this runs. */
import { unwrap, verifyWebhook, type Answer, type ParkGraph, type Schemas, type WebhookEvent } from "parkgraph";

type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;

export async function park(client: ParkGraph, lot_id: string): Promise<number> {
  const { session } = await unwrap(client.POST("/api/v1/sessions", { body: { lot_id, plate: "CO-7891" } }));
  const seen: Schemas["Session"] = session;
  return seen.rate;
}

export async function close(client: ParkGraph, lot_id: string): Promise<undefined> {
  const nothing = await unwrap(client.DELETE("/api/v1/operator/lots/{lot_id}", { params: { path: { lot_id } } }));
  const itIsNothing: Same<typeof nothing, undefined> = true;
  return itIsNothing && nothing;
}

export async function book(client: ParkGraph): Promise<string> {
  const { data: found } = await client.GET("/api/v1/operator/ledger.csv", { parseAs: "text" });
  const text = await unwrap(client.GET("/api/v1/operator/ledger.csv", { parseAs: "text" }));
  const itIsText: Same<typeof text, string> = true;
  return itIsText && (found ?? text);
}

export async function settled(answer: Answer<{ rate: number }>): Promise<number> {
  return (await unwrap(answer)).rate + (await unwrap(Promise.resolve(answer))).rate;
}

export function told(request: Request, body: string, secret: string): Promise<WebhookEvent> {
  return verifyWebhook(body, request.headers, secret);
}
