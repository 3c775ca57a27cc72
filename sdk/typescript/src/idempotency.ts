/** A key for every write that takes one, so that asking again never does a thing twice. */
import type { Middleware } from "openapi-fetch";

import type { paths } from "./contract.js";

/** The header that names a write. */
export const IDEMPOTENCY_KEY = "Idempotency-Key";

type WriteMethod = "post" | "put" | "patch" | "delete";

type HeaderOf<Operation> = Operation extends { parameters: { header?: infer Header } } ? NonNullable<Header> : never;

type TakesKey<Operation> = [HeaderOf<Operation>] extends [never]
  ? false
  : typeof IDEMPOTENCY_KEY extends keyof HeaderOf<Operation>
    ? true
    : false;

type WritesWithoutKey = {
  [Path in keyof paths]: {
    [Method in WriteMethod]: paths[Path][Method] extends undefined
      ? never
      : TakesKey<paths[Path][Method]> extends true
        ? never
        : `${Uppercase<Method>} ${Path}`;
  }[WriteMethod];
}[keyof paths];

/** The compiler holds this to the contract: neither one more nor one less. */
const WITHOUT_KEY: Readonly<Record<WritesWithoutKey, true>> = {
  "POST /api/v1/webhooks/stripe": true,
};

const keys = new WeakMap<Response, string>();

/** Tell the key of the write that a response of this client answers. */
export function idempotencyKeyOf(response: Response): string | undefined {
  return keys.get(response);
}

/** Give a write its key, unless the caller gave one, or the operation takes none. */
export const idempotencyKeys: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (!takesKey(request.method, schemaPath) || request.headers.has(IDEMPOTENCY_KEY)) return;
    request.headers.set(IDEMPOTENCY_KEY, (await keyInBody(request)) ?? crypto.randomUUID());
  },
  onResponse({ request, response }) {
    const key = request.headers.get(IDEMPOTENCY_KEY);
    if (key !== null) keys.set(response, key);
  },
};

function takesKey(method: string, path: string): boolean {
  return method !== "GET" && method !== "HEAD" && !(`${method} ${path}` in WITHOUT_KEY);
}

/** Find the key that a caller put beside an action's parameters; two that differ would be refused. */
async function keyInBody(request: Request): Promise<string | undefined> {
  if (request.headers.get("Content-Type") !== "application/json") return undefined;
  const text = await request.clone().text();
  if (!text.includes('"idempotency_key"')) return undefined;
  const body = JSON.parse(text);
  return body.idempotency_key ?? body.parameters?.idempotency_key;
}
