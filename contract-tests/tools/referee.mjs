// Judge recorded exchanges by the validators of Prism, which are AJV's and none of ours.
//
//   node referee.mjs openapi.json
//
// It is asked by a line with the name of a file of exchanges, as `gate.traffic` writes them, and answers by a line
// with a list: what is wrong with each request and with its answer. Prism holds for valid whatever it can compile no
// validator for, and says nothing. So the very first line names the bodies of the document for which nonsense would
// pass; there must be none.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { getHttpOperationsFromSpec } from '@stoplight/prism-http';
import { validateInput, validateOutput, validateSecurity } from '@stoplight/prism-http/dist/validator/index.js';

const JSON_TYPE = /^application\/([\w.-]+\+)?json\b/;
const NONSENSE = { 'no such property': true };

const operations = await getHttpOperationsFromSpec(process.argv[2]);
const byId = new Map(operations.map((operation) => [operation.iid, operation]));

say(operations.flatMap((operation) => [...credulous(operation)]));
for await (const file of createInterface({ input: process.stdin })) say(await verdicts(file));

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function verdicts(file) {
  const found = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const exchange = JSON.parse(line);
    const operation = byId.get(exchange.operation);
    found.push({ request: ofRequest(operation, exchange), answer: ofAnswer(operation, exchange) });
  }
  return found;
}

function ofRequest(resource, exchange) {
  try {
    const headers = exchange.request_headers;
    const body = bodyOf(exchange.request_body, headers);
    const url = { path: pathOf(resource, exchange.path_parameters), query: queryOf(exchange.query) };
    const element = { method: resource.method, url, headers, body };
    return [...violations(validateSecurity({ resource, element })), ...violations(validateInput({ resource, element }))];
  } catch (error) {
    return [error.message]; // what Prism cannot read, JSON or a media type, is no request as written
  }
}

function ofAnswer(resource, exchange) {
  const headers = exchange.response_headers;
  const body = exchange.status === 204 ? exchange.response_body : bodyOf(exchange.response_body, headers);
  return violations(validateOutput({ resource, element: { statusCode: exchange.status, headers, body } }));
}

function* credulous(resource) {
  for (const { code, contents } of resource.responses) {
    for (const mediaType of ofJson(contents)) {
      const element = { statusCode: Number(code), headers: { 'content-type': mediaType }, body: NONSENSE };
      const found = violations(validateOutput({ resource, element }));
      if (!found.some((message) => message.startsWith('Response body'))) yield `${resource.iid} ${code}`;
    }
  }
  for (const mediaType of ofJson(resource.request?.body?.contents)) {
    const url = { path: resource.path, query: {} };
    const element = { method: resource.method, url, headers: { 'content-type': mediaType }, body: NONSENSE };
    const found = violations(validateInput({ resource, element }));
    if (!found.some((message) => message.startsWith('Request body'))) yield `${resource.iid} request`;
  }
}

function ofJson(contents = []) {
  return contents.map((each) => each.mediaType).filter((mediaType) => JSON_TYPE.test(mediaType));
}

function violations(either) {
  return either._tag === 'Left' ? either.left.map((each) => each.message) : [];
}

// What follows reads requests as Prism's own server does.

function bodyOf(text, headers) {
  if (text === null || text === '') return null;
  return JSON_TYPE.test(headers['content-type'] ?? '') ? JSON.parse(text) : text;
}

function queryOf(pairs) {
  const query = {};
  for (const [name, value] of pairs) query[name] = name in query ? [query[name], value].flat() : value;
  return query;
}

function pathOf(resource, parameters) {
  return resource.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name]));
}
