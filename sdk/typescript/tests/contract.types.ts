/** What the compiler takes and what it refuses; nothing of this runs. Each refusal stands beside what is taken. */
import { unwrap, type ErrorCode, type ParkGraphError, type ParkGraph, type Schemas } from "parkgraph";

const lot_id = "019bc262-9800-752e-89a7-834df2a74de4";
const plate = "CO-7891";
const path = { lot_id };

export async function actions(client: ParkGraph): Promise<void> {
  const act = (body: Schemas["ActionRequest"]) => client.POST("/api/v1/agents/openai/actions", { body });
  await act({ action: "create_session", parameters: { lot_id, plate } });
  // @ts-expect-error -- a parameter of another action
  await act({ action: "create_session", parameters: { lot_id, plate, radius_km: 1 } });
  // @ts-expect-error -- the plate is missing
  await act({ action: "create_session", parameters: { lot_id } });
  // @ts-expect-error -- a number is no plate
  await act({ action: "create_session", parameters: { lot_id, plate: 7891 } });
  // @ts-expect-error -- not one of the six actions
  await act({ action: "tow_away", parameters: { lot_id, plate } });
}

export async function operations(client: ParkGraph): Promise<void> {
  await client.GET("/api/v1/lots/{lot_id}/rates", { params: { path } });
  // @ts-expect-error -- no such path
  await client.GET("/api/v1/lots/{lot_id}/fees", { params: { path } });
  // @ts-expect-error -- rates are not posted
  await client.POST("/api/v1/lots/{lot_id}/rates", { params: { path } });
  // @ts-expect-error -- the lot is missing
  await client.GET("/api/v1/lots/{lot_id}/rates");
  await client.GET("/api/v1/lots/search", { params: { query: { lat: 39.6, lng: -106.4 } } });
  // @ts-expect-error -- a text is no latitude
  await client.GET("/api/v1/lots/search", { params: { query: { lat: "39.6", lng: -106.4 } } });
  await client.POST("/api/v1/sessions", { body: { lot_id, plate } });
  // @ts-expect-error -- the plate is missing
  await client.POST("/api/v1/sessions", { body: { lot_id } });
}

export async function answers(client: ParkGraph): Promise<void> {
  const { data, error } = await client.GET("/api/v1/lots/{lot_id}/rates", { params: { path } });
  // @ts-expect-error -- there may have been an error
  const unchecked: string = data.rates.currency;
  if (!error) {
    const checked: string = data.rates.currency;
    console.log(checked, unchecked);
  }
  const code: ErrorCode | undefined = error?.error.code;
  // @ts-expect-error -- not a code of the catalogue
  console.log(code === "TOWED_AWAY", code === "NOT_FOUND");
  const { rates } = await unwrap(client.GET("/api/v1/lots/{lot_id}/rates", { params: { path } }));
  const summary: string = rates.summary;
  // @ts-expect-error -- the answer has no such field
  console.log(summary, rates.discount);
}

export function codes(refusal: ParkGraphError): void {
  const code: ErrorCode | undefined = "NOT_FOUND";
  // A newer server may say what the catalogue of this version does not.
  console.log(code, refusal.code === "TOWED_AWAY", refusal.code === "NOT_FOUND");
}
