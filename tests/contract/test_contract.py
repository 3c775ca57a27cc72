"""The contract as the server works with it."""

from copy import deepcopy
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from shutil import copytree

import pytest

from app.contract.document import Contract, Response
from app.contract.load import SpecError, spec_folder
from app.contract.schemas import every

NOBODY: tuple[frozenset[str], ...] = ()
OPERATIONS = {
    "dispatchAction": ("POST", "/api/v1/agents/openai/actions", "agent:act", "agent"),
    "dispatchPlatformAction": ("POST", "/api/v1/agents/{platform}/actions", "agent:act", "agent"),
    "searchLots": ("GET", "/api/v1/lots/search", "lots:read or none", "search"),
    "getLot": ("GET", "/api/v1/lots/{lot_id}", "lots:read or none", "search"),
    "listLotsGeoJson": ("GET", "/api/v1/lots.geojson", "lots:read or none", "search"),
    "getAvailability": ("GET", "/api/v1/lots/{lot_id}/availability", "lots:read or none", "availability"),
    "getRates": ("GET", "/api/v1/lots/{lot_id}/rates", "lots:read or none", "rates"),
    "createQuote": ("POST", "/api/v1/lots/{lot_id}/quotes", "lots:read or none", "rates"),
    "createLot": ("POST", "/api/v1/operator/lots", "operator", "operator"),
    "updateLot": ("PATCH", "/api/v1/operator/lots/{lot_id}", "operator", "operator"),
    "deleteLot": ("DELETE", "/api/v1/operator/lots/{lot_id}", "operator", "operator"),
    "importLots": ("POST", "/api/v1/operator/lots/import", "operator", "imports"),
    "reportOccupancy": ("PUT", "/api/v1/operator/lots/{lot_id}/occupancy", "operator", "operator"),
    "setRates": ("PUT", "/api/v1/operator/lots/{lot_id}/rates", "operator", "operator"),
    "setAgentAccess": ("PUT", "/api/v1/operator/lots/{lot_id}/agent-access", "operator", "operator"),
    "createSession": ("POST", "/api/v1/sessions", "sessions:write", "session_creation"),
    "listSessions": ("GET", "/api/v1/sessions", "sessions:read", "session"),
    "searchSessions": ("GET", "/api/v1/sessions/search", "sessions:read", "session"),
    "getSession": ("GET", "/api/v1/sessions/{session_id}", "sessions:read", "session"),
    "extendSession": (
        "POST",
        "/api/v1/sessions/{session_id}/extend",
        "sessions:write or agent:act",
        "session",
    ),
    "endSession": ("POST", "/api/v1/sessions/{session_id}/end", "sessions:write", "session"),
    "createRefund": (
        "POST",
        "/api/v1/sessions/{session_id}/refunds",
        "payments:write or agent:act",
        "operator",
    ),
    "listRefunds": ("GET", "/api/v1/sessions/{session_id}/refunds", "payments:write", "operator"),
    "receiveStripeEvent": ("POST", "/api/v1/webhooks/stripe", "none", "stripe_events"),
    "createApiKey": ("POST", "/api/v1/operator/api-keys", "operator", "operator"),
    "listApiKeys": ("GET", "/api/v1/operator/api-keys", "operator", "operator"),
    "rotateApiKey": ("POST", "/api/v1/operator/api-keys/{key_id}/rotate", "operator", "operator"),
    "deleteApiKey": ("DELETE", "/api/v1/operator/api-keys/{key_id}", "operator", "operator"),
    "registerAgent": ("POST", "/api/v1/operator/agents", "operator", "operator"),
    "listAgents": ("GET", "/api/v1/operator/agents", "operator", "operator"),
    "updateProject": ("PATCH", "/api/v1/operator/project", "operator", "operator"),
    "listAuditLog": ("GET", "/api/v1/operator/audit-log", "operator", "operator"),
    "exportLotAuditCsv": ("GET", "/api/v1/operator/lots/{lot_id}/audit.csv", "operator", "operator"),
    "listLedgerEntries": ("GET", "/api/v1/operator/ledger", "operator", "operator"),
    "exportLedgerCsv": ("GET", "/api/v1/operator/ledger.csv", "operator", "operator"),
    "listDisputes": ("GET", "/api/v1/operator/disputes", "operator", "operator"),
    "createPayoutAccountLink": ("POST", "/api/v1/operator/payout-account/link", "operator", "operator"),
    "createWebhook": ("POST", "/api/v1/operator/webhooks", "operator", "operator"),
    "listWebhooks": ("GET", "/api/v1/operator/webhooks", "operator", "operator"),
    "updateWebhook": ("PATCH", "/api/v1/operator/webhooks/{webhook_id}", "operator", "operator"),
    "deleteWebhook": ("DELETE", "/api/v1/operator/webhooks/{webhook_id}", "operator", "operator"),
    "pingWebhook": ("POST", "/api/v1/operator/webhooks/{webhook_id}/ping", "operator", "operator"),
    "listDeliveries": ("GET", "/api/v1/operator/webhooks/{webhook_id}/deliveries", "operator", "operator"),
    "redeliver": (
        "POST",
        "/api/v1/operator/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
        "operator",
        "operator",
    ),
    "listEvents": ("GET", "/api/v1/operator/events", "operator", "operator"),
    "getTrace": ("GET", "/api/v1/operator/requests/{request_id}", "operator", "operator"),
    "createSandbox": ("POST", "/api/v1/sandbox", "none", "anonymous"),
    "advanceSandboxClock": ("POST", "/api/v1/sandbox/clock", "any key", "operator"),
    "getHealth": ("GET", "/api/v1/health", "none", "pages"),
    "getReadiness": ("GET", "/api/v1/ready", "none", "pages"),
}
BUDGETS = {
    "search": (240, "key"),
    "availability": (240, "key"),
    "rates": (240, "key"),
    "session_creation": (60, "key"),
    "session": (240, "key"),
    "agent": (240, "key"),
    "sandbox_agent": (30, "key"),
    "imports": (6, "key"),
    "sandbox": (240, "key"),
    "end_user": (20, "end_user"),
    "operator": (240, "key"),
    "anonymous": (60, "ip"),
    "pages": (600, "ip"),
    "stripe_events": (6000, "ip"),
    "failed_authentication": (60, "ip"),
}
ACTIONS = {
    "search_parking": ("searchLots", "search"),
    "check_availability": ("getAvailability", "availability"),
    "get_rates": ("getRates", "rates"),
    "create_session": ("createSession", "session_creation"),
    "get_session": ("getSession", "agent"),
    "extend_session": ("extendSession", "agent"),
    "end_session": ("endSession", "agent"),
    "request_refund": ("createRefund", "agent"),
}


def test_it_holds_the_designed_operations_at_their_paths(contract: Contract) -> None:
    assert {each.id: (each.method, each.path) for each in contract.operations.values()} == {
        name: (method, path) for name, (method, path, _, _) in OPERATIONS.items()
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_asks_for_its_scope_and_names_its_budget(contract: Contract, name: str) -> None:
    operation = contract.operations[name]
    scopes, or_none, _ = OPERATIONS[name][2].partition(" or none")
    each = tuple(frozenset({scope}) for scope in scopes.split(" or "))
    expected = {"none": NOBODY, "any key": (frozenset(),)}.get(scopes, each)
    assert operation.security.alternatives == expected
    assert operation.security.allows_anonymous == (bool(or_none) or scopes == "none")
    assert operation.budget == OPERATIONS[name][3]


def test_budgets_are_those_of_the_reference_and_the_design(contract: Contract) -> None:
    assert {each.name: (each.limit, each.scope) for each in contract.budgets.values()} == BUDGETS


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_is_served_by_its_operation_on_its_budget(contract: Contract, action: str) -> None:
    operation_id, budget = ACTIONS[action]
    assert contract.action(action).id == operation_id
    for dispatcher in ("dispatchAction", "dispatchPlatformAction"):
        assert contract.budget_of(contract.operations[dispatcher], action=action).name == budget


def test_an_action_that_nobody_knows_is_paid_by_the_dispatcher_s_own_budget(contract: Contract) -> None:
    dispatcher = contract.operations["dispatchAction"]
    assert contract.budget_of(dispatcher, action="fly").name == "agent"
    assert contract.budget_of(dispatcher).name == "agent"
    with pytest.raises(KeyError):
        contract.action("fly")


def test_an_action_named_in_the_body_of_another_operation_changes_no_budget(contract: Contract) -> None:
    assert (
        contract.budget_of(contract.operations["createSession"], action="get_rates").name
        == "session_creation"
    )


def test_starter_has_no_dispatchers_and_everything_else(contract: Contract) -> None:
    closed = {each.id for each in contract.operations.values() if not each.open_to("starter")}
    assert closed == {"dispatchAction", "dispatchPlatformAction"}
    assert all(each.open_to("growth") and each.open_to("enterprise") for each in contract.operations.values())


def test_parameters_are_told_by_place_and_by_the_argument_that_a_handler_takes(contract: Contract) -> None:
    event = contract.operations["receiveStripeEvent"]
    assert [each.argument for each in event.parameters_in("header")] == ["stripe_signature"]
    search = {each.name: each for each in contract.operations["searchLots"].parameters_in("query")}
    assert search["limit"].schema["default"] == 10
    assert contract.at(search["limit"].schema_pointer) is search["limit"].schema


def test_bodies_and_answers_are_found_by_pointer(contract: Contract) -> None:
    operation = contract.operations["createSession"]
    assert operation.body_schema_pointer == "#/components/schemas/CreateSessionParameters"
    assert operation.body_media_types == ("application/json",)
    assert operation.body_required
    assert operation.responses[201].schema_pointer == "#/components/schemas/SessionResult"
    assert "Location" in operation.responses[201].required_headers
    assert operation.media_types == {"application/json"}


def test_each_instant_says_what_happened_then(contract: Contract) -> None:
    instants = {
        f"{pointer}: {name}": node
        for pointer, schema in every(contract.document)
        for name, node in schema.get("properties", {}).items()
        if node.get("$ref") == "#/components/schemas/Instant"
    }
    assert instants
    assert [place for place, node in instants.items() if "description" not in node] == []


def test_a_delete_answers_nothing_and_refuses_in_json(contract: Contract) -> None:
    operation = contract.operations["deleteApiKey"]
    response = operation.responses[204]
    assert (response.media_types, response.schema_pointer) == ((), None)
    assert operation.media_types == {"application/json"}


def test_what_accept_has_to_name_is_the_type_of_what_is_asked_for_not_that_of_a_refusal() -> None:
    as_text = {200: Response(("text/csv",), None, ()), 400: Response(("application/json",), None, ())}
    operation = replace(Contract.read().operations["getHealth"], responses=as_text)
    assert operation.media_types == {"text/csv"}


def test_only_dispatchers_hand_their_work_to_the_operation_of_an_action(contract: Contract) -> None:
    dispatching = {each.id for each in contract.operations.values() if each.dispatches}
    assert dispatching == {"dispatchAction", "dispatchPlatformAction"}


def test_the_sandbox_may_be_asked_for_without_a_body(contract: Contract) -> None:
    assert not contract.operations["createSandbox"].body_required
    assert contract.operations["getHealth"].body_schema_pointer is None


def test_the_contract_is_frozen(contract: Contract) -> None:
    with pytest.raises(FrozenInstanceError):
        contract.operations = {}
    with pytest.raises(TypeError):
        contract.operations["flyAway"] = contract.operations["getLot"]


def test_it_is_read_from_any_folder(tmp_path: Path, contract: Contract) -> None:
    copytree(spec_folder(), tmp_path / "elsewhere")
    assert Contract.read(root=tmp_path / "elsewhere").document == contract.document


def test_a_process_reads_it_once(contract: Contract) -> None:
    assert Contract.read() is contract


def test_a_missing_or_broken_manifest_is_named(tmp_path: Path) -> None:
    folder = copytree(spec_folder(), tmp_path / "spec")
    (folder / "ai-plugin.json").write_text("{", encoding="utf-8")
    with pytest.raises(SpecError, match=r"ai-plugin\.json"):
        Contract.read(root=folder)
    (folder / "ai-plugin.json").unlink()
    with pytest.raises(SpecError, match=r"ai-plugin\.json"):
        Contract.read(root=folder)


def test_two_operations_of_one_name_are_refused(contract: Contract) -> None:
    document = deepcopy(contract.document)
    document["paths"]["/api/v1/ready"]["get"]["operationId"] = "getHealth"
    with pytest.raises(SpecError, match="getHealth names two operations"):
        Contract.of(document, manifest={})


def test_two_operations_of_one_action_are_refused(contract: Contract) -> None:
    document = deepcopy(contract.document)
    document["paths"]["/api/v1/lots/{lot_id}/rates"]["get"]["x-agent-action"]["name"] = "search_parking"
    with pytest.raises(SpecError, match="both serve the action search_parking"):
        Contract.of(document, manifest={})


@pytest.mark.parametrize("place", ["x-budget", "x-agent-action"])
def test_a_budget_that_nobody_wrote_is_refused(contract: Contract, place: str) -> None:
    document = deepcopy(contract.document)
    operation = document["paths"]["/api/v1/lots/search"]["get"]
    holder, key = (operation, place) if place == "x-budget" else (operation[place], "budget")
    holder[key] = "plenty"
    with pytest.raises(SpecError, match="not in the catalogue: plenty"):
        Contract.of(document, manifest={})
