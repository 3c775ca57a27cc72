"""The operations of the contract: where each is, and whether it may be repeated under a key."""

from collections.abc import Mapping
from typing import Final

from parkgraph.calls import Operation

DISPATCH_ACTION: Final = Operation(
    id="dispatchAction", method="POST", path="/api/v1/agents/openai/actions", takes_key=True
)
DISPATCH_PLATFORM_ACTION: Final = Operation(
    id="dispatchPlatformAction", method="POST", path="/api/v1/agents/{platform}/actions", takes_key=True
)
SEARCH_LOTS: Final = Operation(id="searchLots", method="GET", path="/api/v1/lots/search")
LIST_LOTS_GEO_JSON: Final = Operation(
    id="listLotsGeoJson", method="GET", path="/api/v1/lots.geojson", answers="application/geo+json"
)
GET_LOT: Final = Operation(id="getLot", method="GET", path="/api/v1/lots/{lot_id}")
GET_AVAILABILITY: Final = Operation(
    id="getAvailability", method="GET", path="/api/v1/lots/{lot_id}/availability"
)
GET_RATES: Final = Operation(id="getRates", method="GET", path="/api/v1/lots/{lot_id}/rates")
CREATE_QUOTE: Final = Operation(
    id="createQuote", method="POST", path="/api/v1/lots/{lot_id}/quotes", takes_key=True
)
LIST_SESSIONS: Final = Operation(id="listSessions", method="GET", path="/api/v1/sessions")
CREATE_SESSION: Final = Operation(id="createSession", method="POST", path="/api/v1/sessions", takes_key=True)
SEARCH_SESSIONS: Final = Operation(id="searchSessions", method="GET", path="/api/v1/sessions/search")
GET_SESSION: Final = Operation(id="getSession", method="GET", path="/api/v1/sessions/{session_id}")
EXTEND_SESSION: Final = Operation(
    id="extendSession", method="POST", path="/api/v1/sessions/{session_id}/extend", takes_key=True
)
END_SESSION: Final = Operation(
    id="endSession", method="POST", path="/api/v1/sessions/{session_id}/end", takes_key=True
)
LIST_REFUNDS: Final = Operation(id="listRefunds", method="GET", path="/api/v1/sessions/{session_id}/refunds")
CREATE_REFUND: Final = Operation(
    id="createRefund", method="POST", path="/api/v1/sessions/{session_id}/refunds", takes_key=True
)
REPORT_OCCUPANCY: Final = Operation(
    id="reportOccupancy", method="PUT", path="/api/v1/operator/lots/{lot_id}/occupancy", takes_key=True
)
CREATE_LOT: Final = Operation(id="createLot", method="POST", path="/api/v1/operator/lots", takes_key=True)
IMPORT_LOTS: Final = Operation(
    id="importLots", method="POST", path="/api/v1/operator/lots/import", takes_key=True
)
DELETE_LOT: Final = Operation(
    id="deleteLot", method="DELETE", path="/api/v1/operator/lots/{lot_id}", takes_key=True
)
UPDATE_LOT: Final = Operation(
    id="updateLot", method="PATCH", path="/api/v1/operator/lots/{lot_id}", takes_key=True
)
SET_RATES: Final = Operation(
    id="setRates", method="PUT", path="/api/v1/operator/lots/{lot_id}/rates", takes_key=True
)
SET_AGENT_ACCESS: Final = Operation(
    id="setAgentAccess", method="PUT", path="/api/v1/operator/lots/{lot_id}/agent-access", takes_key=True
)
LIST_API_KEYS: Final = Operation(id="listApiKeys", method="GET", path="/api/v1/operator/api-keys")
CREATE_API_KEY: Final = Operation(
    id="createApiKey", method="POST", path="/api/v1/operator/api-keys", takes_key=True
)
DELETE_API_KEY: Final = Operation(
    id="deleteApiKey", method="DELETE", path="/api/v1/operator/api-keys/{key_id}", takes_key=True
)
ROTATE_API_KEY: Final = Operation(
    id="rotateApiKey", method="POST", path="/api/v1/operator/api-keys/{key_id}/rotate", takes_key=True
)
LIST_AGENTS: Final = Operation(id="listAgents", method="GET", path="/api/v1/operator/agents")
REGISTER_AGENT: Final = Operation(
    id="registerAgent", method="POST", path="/api/v1/operator/agents", takes_key=True
)
LIST_AUDIT_LOG: Final = Operation(id="listAuditLog", method="GET", path="/api/v1/operator/audit-log")
EXPORT_LOT_AUDIT_CSV: Final = Operation(
    id="exportLotAuditCsv", method="GET", path="/api/v1/operator/lots/{lot_id}/audit.csv", answers="text/csv"
)
LIST_LEDGER_ENTRIES: Final = Operation(id="listLedgerEntries", method="GET", path="/api/v1/operator/ledger")
EXPORT_LEDGER_CSV: Final = Operation(
    id="exportLedgerCsv", method="GET", path="/api/v1/operator/ledger.csv", answers="text/csv"
)
LIST_DISPUTES: Final = Operation(id="listDisputes", method="GET", path="/api/v1/operator/disputes")
CREATE_PAYOUT_ACCOUNT_LINK: Final = Operation(
    id="createPayoutAccountLink", method="POST", path="/api/v1/operator/payout-account/link", takes_key=True
)
UPDATE_PROJECT: Final = Operation(
    id="updateProject", method="PATCH", path="/api/v1/operator/project", takes_key=True
)
LIST_WEBHOOKS: Final = Operation(id="listWebhooks", method="GET", path="/api/v1/operator/webhooks")
CREATE_WEBHOOK: Final = Operation(
    id="createWebhook", method="POST", path="/api/v1/operator/webhooks", takes_key=True
)
DELETE_WEBHOOK: Final = Operation(
    id="deleteWebhook", method="DELETE", path="/api/v1/operator/webhooks/{webhook_id}", takes_key=True
)
UPDATE_WEBHOOK: Final = Operation(
    id="updateWebhook", method="PATCH", path="/api/v1/operator/webhooks/{webhook_id}", takes_key=True
)
PING_WEBHOOK: Final = Operation(
    id="pingWebhook", method="POST", path="/api/v1/operator/webhooks/{webhook_id}/ping", takes_key=True
)
LIST_DELIVERIES: Final = Operation(
    id="listDeliveries", method="GET", path="/api/v1/operator/webhooks/{webhook_id}/deliveries"
)
REDELIVER: Final = Operation(
    id="redeliver",
    method="POST",
    path="/api/v1/operator/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    takes_key=True,
)
LIST_EVENTS: Final = Operation(id="listEvents", method="GET", path="/api/v1/operator/events")
GET_TRACE: Final = Operation(id="getTrace", method="GET", path="/api/v1/operator/requests/{request_id}")
CREATE_SANDBOX: Final = Operation(id="createSandbox", method="POST", path="/api/v1/sandbox", takes_key=True)
ADVANCE_SANDBOX_CLOCK: Final = Operation(
    id="advanceSandboxClock", method="POST", path="/api/v1/sandbox/clock", takes_key=True
)
RECEIVE_STRIPE_EVENT: Final = Operation(
    id="receiveStripeEvent", method="POST", path="/api/v1/webhooks/stripe"
)
GET_HEALTH: Final = Operation(id="getHealth", method="GET", path="/api/v1/health")
GET_READINESS: Final = Operation(id="getReadiness", method="GET", path="/api/v1/ready")

OPERATIONS: Final[Mapping[str, Operation]] = {
    each.id: each
    for each in (
        DISPATCH_ACTION,
        DISPATCH_PLATFORM_ACTION,
        SEARCH_LOTS,
        LIST_LOTS_GEO_JSON,
        GET_LOT,
        GET_AVAILABILITY,
        GET_RATES,
        CREATE_QUOTE,
        LIST_SESSIONS,
        CREATE_SESSION,
        SEARCH_SESSIONS,
        GET_SESSION,
        EXTEND_SESSION,
        END_SESSION,
        LIST_REFUNDS,
        CREATE_REFUND,
        REPORT_OCCUPANCY,
        CREATE_LOT,
        IMPORT_LOTS,
        DELETE_LOT,
        UPDATE_LOT,
        SET_RATES,
        SET_AGENT_ACCESS,
        LIST_API_KEYS,
        CREATE_API_KEY,
        DELETE_API_KEY,
        ROTATE_API_KEY,
        LIST_AGENTS,
        REGISTER_AGENT,
        LIST_AUDIT_LOG,
        EXPORT_LOT_AUDIT_CSV,
        LIST_LEDGER_ENTRIES,
        EXPORT_LEDGER_CSV,
        LIST_DISPUTES,
        CREATE_PAYOUT_ACCOUNT_LINK,
        UPDATE_PROJECT,
        LIST_WEBHOOKS,
        CREATE_WEBHOOK,
        DELETE_WEBHOOK,
        UPDATE_WEBHOOK,
        PING_WEBHOOK,
        LIST_DELIVERIES,
        REDELIVER,
        LIST_EVENTS,
        GET_TRACE,
        CREATE_SANDBOX,
        ADVANCE_SANDBOX_CLOCK,
        RECEIVE_STRIPE_EVENT,
        GET_HEALTH,
        GET_READINESS,
    )
}
"""Every operation, by its operationId."""
