"""Who may do what to whose things, as a table: the expected status for every operation and caller.

The rows of one table all act on things of one owner; every operation and every action stands in it.
A dead credential (malformed, unknown, revoked, expired) is 401 everywhere and needs no column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gate import webhooks
from gate.lists import CSV, new_lot, table_of
from gate.signatures import stripe_signature
from gate.world import Tenant

# The owner's things are a sandbox's. `second` is another key of it, `other` another sandbox, `live` a live
# project; `nobody` sends no key; `unscoped` is a key of the owner's without any scope that the operation asks
# for; `starter` is a sandbox on the plan without agents. What acts on the caller's own project (keys, clock,
# a new sandbox, new lots) is 2xx for everybody, and nothing of the owner's is shown or changed by it.
SANDBOX_TABLE = """
                                         own  second  other  live  nobody  unscoped  starter
dispatchAction search_parking            200     200    200   200     401       403      403
dispatchAction check_availability        200     200    404   404     401       403      403
dispatchAction get_rates                 200     200    404   404     401       403      403
dispatchAction create_session            200     200    404   404     401       403      403
dispatchAction get_session               200     200    404   404     401       403      403
dispatchAction end_session               200     200    404   404     401       403      403
dispatchPlatformAction search_parking    200     200    200   200     401       403      403
dispatchPlatformAction check_availability 200   200    404   404     401       403      403
dispatchPlatformAction get_rates         200     200    404   404     401       403      403
dispatchPlatformAction create_session    200     200    404   404     401       403      403
dispatchPlatformAction get_session       200     200    404   404     401       403      403
dispatchPlatformAction extend_session    200     200    404   404     401       403      403
dispatchPlatformAction end_session       200     200    404   404     401       403      403
dispatchPlatformAction request_refund    409     409    404   404     401       403      403
searchLots                               200     200    200   200     200       403      200
listLotsGeoJson                          200     200    200   200     200       403      200
getLot                                   200     200    404   404     404       403      404
getAvailability                          200     200    404   404     404       403      404
getRates                                 200     200    404   404     404       403      404
createQuote                              201     201    404   404     404       403      404
createLot                                201     201    201   201     401       403      201
updateLot                                200     200    404   404     401       403      404
deleteLot                                409     409    404   404     401       403      404
importLots                               200     200    200   200     401       403      200
setRates                                 200     200    404   404     401       403      404
reportOccupancy                          200     200    404   404     401       403      404
setAgentAccess                           200     200    404   404     401       403      404
createSession                            201     201    404   404     401       403      404
getSession                               200     200    404   404     401       403      404
listSessions                             200     200    200   200     401       403      200
searchSessions                           200     200    200   200     401       403      200
extendSession                            200     200    404   404     401       403      404
endSession                               200     200    404   404     401       403      404
createRefund                             409     409    404   404     401       403      404
listRefunds                              200     200    404   404     401       403      404
createApiKey                             201     201    201   201     401       403      201
listApiKeys                              200     200    200   200     401       403      200
rotateApiKey                             201     201    404   404     401       403      404
deleteApiKey                             204     204    404   404     401       403      404
registerAgent                            201     201    404   404     401       403      404
listAgents                               200     200    200   200     401       403      200
updateProject                            200     200    200   200     401       403      200
listAuditLog                             200     200    200   200     401       403      200
exportLotAuditCsv                        200     200    404   404     401       403      404
listLedgerEntries                        200     200    200   200     401       403      200
exportLedgerCsv                          200     200    200   200     401       403      200
listDisputes                             200     200    200   200     401       403      200
createPayoutAccountLink                  201     201    201   201     401       403      201
createWebhook                            201     201    201   201     401       403      201
listWebhooks                             200     200    200   200     401       403      200
updateWebhook                            200     200    404   404     401       403      404
deleteWebhook                            204     204    404   404     401       403      404
pingWebhook                              201     201    404   404     401       403      404
listDeliveries                           200     200    404   404     401       403      404
redeliver                                201     201    404   404     401       403      404
listEvents                               200     200    200   200     401       403      200
getTrace                                 200     200    404   404     401       403      404
createSandbox                            201     201    201   201     201       201      201
advanceSandboxClock                      200     200    200   403     401       200      200
receiveStripeEvent                       200     200    200   200     200       200      200
getHealth                                200     200    200   200     200       200      200
getReadiness                             200     200    200   200     200       200      200
"""

# The session was made by `maker` in a lot of another company, `operator`; both see it, and both may extend
# and end it (product decision 9). `sandbox` is a pk_test_ key, which never meets a live thing.
LIVE_TABLE = """
                                         maker  operator  stranger  sandbox  nobody
dispatchAction search_parking              200       200       200      200     401
dispatchAction check_availability          200       200       200      404     401
dispatchAction get_rates                   200       200       200      404     401
dispatchAction create_session              200       200       200      404     401
dispatchAction get_session                 200       200       404      404     401
dispatchAction end_session                 200       200       404      404     401
dispatchPlatformAction extend_session      200       200       404      404     401
dispatchPlatformAction request_refund      403       409       404      404     401
searchLots                                 200       200       200      200     200
listLotsGeoJson                            200       200       200      200     200
getLot                                     200       200       200      404     404
getAvailability                            200       200       200      404     404
getRates                                   200       200       200      404     404
createQuote                                201       201       201      404     404
updateLot                                  404       200       404      404     401
deleteLot                                  404       409       404      404     401
setRates                                   404       200       404      404     401
reportOccupancy                            404       200       404      404     401
setAgentAccess                             404       200       404      404     401
createSession                              201       201       201      404     401
getSession                                 200       200       404      404     401
listSessions                               200       200       200      200     401
searchSessions                             200       200       200      200     401
extendSession                              200       200       404      404     401
endSession                                 200       200       404      404     401
createRefund                               403       409       404      404     401
listRefunds                                200       200       404      404     401
rotateApiKey                               201       404       404      404     401
deleteApiKey                               204       404       404      404     401
registerAgent                              201       404       404      404     401
listAgents                                 200       200       200      200     401
updateProject                              200       200       200      200     401
listAuditLog                               200       200       200      200     401
exportLotAuditCsv                          404       200       404      404     401
listLedgerEntries                          200       200       200      200     401
exportLedgerCsv                            200       200       200      200     401
listDisputes                               200       200       200      200     401
createPayoutAccountLink                    201       201       201      201     401
createWebhook                              201       201       201      201     401
listWebhooks                               200       200       200      200     401
updateWebhook                              200       404       404      404     401
deleteWebhook                              204       404       404      404     401
pingWebhook                                201       404       404      404     401
listDeliveries                             200       404       404      404     401
redeliver                                  201       404       404      404     401
listEvents                                 200       200       200      200     401
getTrace                                   200       404       404      404     401
advanceSandboxClock                        403       403       403      200     401
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one operation, or one action of a dispatcher, answers to each caller."""

    operation: str
    action: str | None
    expected: Mapping[str, int]

    @property
    def name(self) -> str:
        """Name it as the table does."""
        return f"{self.operation} {self.action}" if self.action else self.operation


def rows(table: str) -> list[Row]:
    """Read a table."""
    head, *lines = (line.split() for line in table.strip().splitlines())
    found = []
    for line in lines:
        names, figures = line[: -len(head)], line[-len(head) :]
        action = names[1] if len(names) > 1 else None
        found.append(Row(names[0], action, dict(zip(head, map(int, figures), strict=True))))
    return found


@dataclass(frozen=True, slots=True)
class Subject:
    """Things of the owner's, fresh for one row of the table."""

    tenant: Tenant
    lot_id: str
    session: Mapping[str, Any]
    key_id: str
    request_id: str
    delivery: Mapping[str, str]
    """A ping on its way, with `webhook_id` and `id`."""

    @property
    def secrets(self) -> list[str]:
        """Return what no stranger's answer may hold."""
        session = self.session
        named = [
            session[name] for name in ("id", "session_code", "payment_intent_id", "receipt_url", "plate")
        ]
        return [
            *named,
            self.key_id,
            self.tenant.project_id,
            *self.delivery.values(),
            session.get("client_secret", session["id"]),
        ]


@dataclass(frozen=True, slots=True)
class Call:
    """A request on the owner's things, as `Client.call` takes it."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] | None = None
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def call_of(row: Row, subject: Subject, number: int) -> Call:
    """Write the request of a row."""
    if row.action is not None:
        parameters = _PARAMETERS[row.action](subject, number)
        path = {"platform": "gemini"} if row.operation == "dispatchPlatformAction" else {}
        return Call(path=path, json={"action": row.action, "parameters": parameters})
    return _CALLS[row.operation](subject, number)


def _order(subject: Subject, number: int) -> dict[str, Any]:
    return {"lot_id": subject.lot_id, "plate": f"MATRIX {number}"}


def _event(subject: Subject, number: int) -> Call:
    intent = subject.session["payment_intent_id"]
    body = (
        b'{"id":"evt_matrix%d","object":"event","type":"payment_intent.created","livemode":false,'
        b'"data":{"object":{"id":"%s","object":"payment_intent"}}}'
    ) % (number, intent.encode())
    signed = {"Stripe-Signature": stripe_signature(body), "Content-Type": "application/json"}
    return Call(content=body, headers=signed)


def _webhook(subject: Subject) -> dict[str, str]:
    return {"webhook_id": subject.delivery["webhook_id"]}


_NAME = "Gate's Lot 0"
_PARAMETERS: Mapping[str, Callable[[Subject, int], dict[str, Any]]] = {
    "search_parking": lambda _, __: {"address": _NAME},
    "check_availability": lambda on, _: {"lot_id": on.lot_id},
    "get_rates": lambda on, _: {"lot_id": on.lot_id},
    "create_session": _order,
    "get_session": lambda on, _: {"session_id": on.session["id"]},
    "extend_session": lambda on, _: {
        "session_id": on.session["id"],
        "session_code": on.session["session_code"],
        "extend_hours": 1,
    },
    "end_session": lambda on, _: {
        "session_id": on.session["id"],
        "session_code": on.session["session_code"],
    },
    "request_refund": lambda on, _: {"session_id": on.session["id"]},  # nothing was captured yet: 409
}
_CALLS: Mapping[str, Callable[[Subject, int], Call]] = {
    "searchLots": lambda _, __: Call(query={"address": _NAME}),
    "listLotsGeoJson": lambda _, __: Call(query={"limit": 1000}),
    "getLot": lambda on, _: Call(path={"lot_id": on.lot_id}),
    "getAvailability": lambda on, _: Call(path={"lot_id": on.lot_id}),
    "getRates": lambda on, _: Call(path={"lot_id": on.lot_id}),
    "createQuote": lambda on, _: Call(path={"lot_id": on.lot_id}, json={"duration_hours": 2}),
    "createLot": lambda _, number: Call(json=new_lot(f"matrix-{number}")),
    "updateLot": lambda on, _: Call(path={"lot_id": on.lot_id}, json={"max_height_cm": 400}),
    "deleteLot": lambda on, _: Call(path={"lot_id": on.lot_id}),  # a session runs in it
    "importLots": lambda _, number: Call(
        query={"dry_run": "true"}, content=table_of(f"matrix-{number}"), headers=CSV
    ),
    "setRates": lambda on, number: Call(path={"lot_id": on.lot_id}, json={"rate": number % 10}),
    "reportOccupancy": lambda on, number: Call(path={"lot_id": on.lot_id}, json={"occupied": number}),
    "setAgentAccess": lambda on, _: Call(path={"lot_id": on.lot_id}, json={"agent_access": "allowed"}),
    "createSession": lambda on, number: Call(json=_order(on, number)),
    "getSession": lambda on, _: Call(path={"session_id": on.session["id"]}),
    "listSessions": lambda on, _: Call(query={"lot_id": on.lot_id, "limit": 100}),
    "searchSessions": lambda on, _: Call(query={"plate": on.session["plate"].lower()}),
    "extendSession": lambda on, _: Call(
        path={"session_id": on.session["id"]},
        json={"session_code": on.session["session_code"], "extend_hours": 1},
    ),
    "endSession": lambda on, _: Call(
        path={"session_id": on.session["id"]}, json={"session_code": on.session["session_code"]}
    ),
    "createRefund": lambda on, _: Call(path={"session_id": on.session["id"]}, json={}),
    "listRefunds": lambda on, _: Call(path={"session_id": on.session["id"]}),
    "createApiKey": lambda _, number: Call(json={"name": f"Matrix {number}", "scopes": ["lots:read"]}),
    "listApiKeys": lambda _, __: Call(query={"limit": 100}),
    "rotateApiKey": lambda on, _: Call(path={"key_id": on.key_id}),
    "deleteApiKey": lambda on, _: Call(path={"key_id": on.key_id}),
    "registerAgent": lambda on, number: Call(
        json={"name": f"Matrix {number}", "platform": "openai", "api_key_id": on.key_id}
    ),
    "listAgents": lambda _, __: Call(query={"limit": 100}),
    "updateProject": lambda _, __: Call(json={}),
    "listAuditLog": lambda on, _: Call(query={"lot_id": on.lot_id}),
    "exportLotAuditCsv": lambda on, _: Call(path={"lot_id": on.lot_id}),
    "listLedgerEntries": lambda _, __: Call(query={"limit": 100}),
    "exportLedgerCsv": lambda _, __: Call(query={"limit": 100}),
    "listDisputes": lambda _, __: Call(query={"limit": 100}),
    "createPayoutAccountLink": lambda _, __: Call(json={}),
    "createWebhook": lambda _, __: Call(json=webhooks.wanted()),
    "listWebhooks": lambda _, __: Call(query={"limit": 100}),
    "updateWebhook": lambda on, _: Call(path=_webhook(on), json={"events": ["session.ended"]}),
    "deleteWebhook": lambda on, _: Call(path=_webhook(on)),
    "pingWebhook": lambda on, _: Call(path=_webhook(on)),
    "listDeliveries": lambda on, _: Call(path=_webhook(on)),
    "redeliver": lambda on, _: Call(path=_webhook(on) | {"delivery_id": on.delivery["id"]}),
    "listEvents": lambda _, __: Call(query={"limit": 100}),
    "getTrace": lambda on, _: Call(path={"request_id": on.request_id}),
    "createSandbox": lambda _, __: Call(json={}),
    "advanceSandboxClock": lambda _, __: Call(json={"advance_seconds": 0}),
    "receiveStripeEvent": _event,
    "getHealth": lambda _, __: Call(),
    "getReadiness": lambda _, __: Call(),
}
