/** What is refused before it is sent: settings that cannot be, and path parameters that name another path. */
import type { Middleware } from "openapi-fetch";

const VISIBLE = /^[!-~]+$/;
const A_DAY = 86_400;

/** Refuse a server's address that is none; a relative one has no host to keep a key for. */
export function checkBaseUrl(baseUrl: string): void {
  const { protocol, username, password } = new URL(URL.canParse(baseUrl) ? baseUrl : "none:");
  if (!["http:", "https:"].includes(protocol)) {
    throw new TypeError("baseUrl has to be an address that begins with http:// or https://.");
  }
  // Said here, as what refuses it later would print it.
  if (username || password) throw new TypeError("baseUrl has to be an address without user name and password.");
}

/** Refuse a key that no header can hold, without a word of it. */
export function checkApiKey(apiKey: string | undefined): void {
  if (apiKey === undefined || VISIBLE.test(apiKey)) return;
  throw new TypeError("apiKey has to be of visible ASCII characters, without spaces and ends of lines.");
}

/** Refuse a number of times that is none; what compares with it would ask again for ever, or never. */
export function checkRetries(retries: number): void {
  if (Number.isInteger(retries) && retries >= 0) return;
  throw new RangeError("retries has to be a whole number, 0 or more.");
}

/** Refuse a span of time that is none, or that timers cannot count. */
export function checkSeconds(name: string, seconds: number): void {
  if (typeof seconds === "number" && seconds > 0 && seconds <= A_DAY) return;
  throw new RangeError(`${name} has to be a number of seconds, more than 0 and no more than a day.`);
}

/** Keep each path parameter within its own part of the path: an empty one, or dots, would name another operation. */
export const pathParameters: Middleware = {
  onRequest({ schemaPath, params }) {
    for (const [, name] of schemaPath.matchAll(/\{([^{}]+)\}/g)) {
      if (["", ".", ".."].includes(String(params.path?.[name!] ?? ""))) {
        throw new TypeError(`The path parameter ${name} has to be given, and neither empty nor dots.`);
      }
    }
  },
};
