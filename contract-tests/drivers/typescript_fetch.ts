// Play the evening in Vail with openapi-generator's client in TypeScript; say what it cost, and how bodies were read.
//
// Started with the server's URL and the facts of the evening as JSON.
import {
  type ActionRequest,
  ActionRequestFromJSON,
  ActionRequestToJSON,
  type ActionResult,
  AgentsApi,
  Configuration,
  LotsApi,
  PlatformActionRequestFromJSON,
  PlatformActionRequestToJSON,
  SandboxApi,
  type SearchLotsRequest,
  SessionsApi,
} from './index.js';

declare const process: { argv: string[] };

interface Evening {
  search: { lat: number; lng: number; radius_km: number; limit: number };
  lot: string;
  plate: string;
  seconds: number;
  bodies: Record<string, unknown>;
}

const [, , basePath = '', facts = ''] = process.argv;
const evening = JSON.parse(facts) as Evening;
const { radius_km: radiusKm, ...place } = evening.search;
const search: SearchLotsRequest = { ...place, radiusKm };

const made = await new SandboxApi(new Configuration({ basePath })).createSandbox({
  sandboxCreation: { simulatedDriver: 'prompt' },
});
const apiKey = made.sandbox.apiKey;
if (apiKey === undefined) throw new Error('The sandbox has no key');
const ours = new Configuration({ basePath, accessToken: apiKey });
const agents = new AgentsApi(ours);
const sessions = new SessionsApi(ours);

const lot = (await new LotsApi(ours).searchLots(search)).lots.find((each) => each.name === evening.lot);
if (lot === undefined) throw new Error(`${evening.lot} was not found`);
const started = await sessions.createSession({ createSessionParameters: { lotId: lot.id, plate: evening.plate } });
const { id: sessionId, sessionCode } = started.session;
await sessions.extendSession({ sessionId, sessionExtension: { sessionCode, extendHours: 1 } });
await new SandboxApi(ours).advanceSandboxClock({ clockAdvance: { advanceSeconds: evening.seconds } });
const ended = await sessions.endSession({ sessionId, sessionEnding: { sessionCode } });

const look: ActionRequest = { action: 'get_session', parameters: { sessionId } };
const told = await agents.dispatchAction({ actionRequest: look });
const found = await agents.dispatchPlatformAction({
  platform: 'anthropic',
  platformActionRequest: { action: 'search_parking', parameters: search },
});

console.log(
  JSON.stringify({
    status: ended.session.status,
    bills: [ended.session.subtotal, billOf(told)],
    found: 'lots' in found ? found.lots.map((each) => each.name) : [],
    read: Object.fromEntries(Object.entries(evening.bodies).map(([name, body]) => [name, read(name, body)])),
  }),
);

function billOf(result: ActionResult): number | undefined {
  if (!('session' in result)) throw new Error('The dispatcher answered no session');
  return result.session.subtotal;
}

/** Read a dispatcher's body, and write it again. */
function read(name: string, body: unknown): unknown {
  return name.startsWith('dispatchAction ')
    ? ActionRequestToJSON(ActionRequestFromJSON(body))
    : PlatformActionRequestToJSON(PlatformActionRequestFromJSON(body));
}
