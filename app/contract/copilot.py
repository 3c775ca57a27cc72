"""What Microsoft 365 Copilot imports: a plugin manifest, and the OpenAPI document that it leads to.

Copilot reads OpenAPI 3.0 without choices between schemas and without objects inside a request, and gives each
operation to its model as a function
(https://learn.microsoft.com/microsoft-365/copilot/extensibility/plugin-manifest-2.4, and its known issues).
So it gets the operations behind the actions themselves, with what models read of these, not the dispatcher.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from app.contract import projection
from app.contract.document import Contract, Operation
from app.contract.load import Json, SpecError
from app.contract.lower import lower
from app.contract.operations import written
from app.contract.public_url import CANONICAL_URL, moved
from app.contract.tools import NOT_FOR_MODELS, for_models

OPENAPI_PATH: Final = "/api/agents/copilot/openapi.json"
KEY_REFERENCE: Final = "${{PARK_GRAPH_KEY_REFERENCE_ID}}"
"""Where whoever builds an agent puts the id under which Microsoft's vault keeps their key."""

_SCHEMA: Final = "https://developer.microsoft.com/json-schemas/copilot/plugin/v2.4/schema.json"
_SESSION: Final[Json] = {
    "data_path": "$.session",
    "properties": {"title": "$.session_code", "url": "$.receipt_url"},
}
_SHOWN: Final[Json] = {
    "search_parking": {"data_path": "$.lots", "properties": {"title": "$.name", "subtitle": "$.address"}},
    "get_rates": {"data_path": "$.rates", "properties": {"title": "$.summary"}},
    **dict.fromkeys(["create_session", "get_session", "extend_session", "end_session"], _SESSION),
}
"""What Copilot cites of an answer."""
_STARTERS: Final = (
    ("Find parking", "Find parking near a place that I name."),
    ("Ask for the price", "What does it cost to park in a lot that I name?"),
    ("Start parking", "Start parking for my car in a lot that I name."),
)
_NOT_FOR_MODELS: Final = NOT_FOR_MODELS - {"idempotency_key"}
"""Copilot sends no header of ours, so its model has to name what it writes."""


def manifest(contract: Contract, public_url: str) -> Json:
    """Return the plugin manifest (v2.4) as a server at `public_url` publishes it."""
    texts = contract.manifest
    starters = [{"title": title, "text": text} for title, text in _STARTERS]
    functions = [_function(contract, name, operation) for name, operation in contract.actions.items()]
    plugin: Json = {
        "$schema": _SCHEMA,
        "schema_version": "v2.4",
        "name_for_human": texts["name_for_human"],
        "namespace": "parkgraph",
        "description_for_human": texts["description_for_human"],
        "description_for_model": _by_operation(contract, texts["description_for_model"]),
        "logo_url": texts["logo_url"],
        "contact_email": texts["contact_email"],
        "legal_info_url": texts["legal_info_url"],
        "privacy_policy_url": f"{CANONICAL_URL}/legal/privacy",
        "functions": functions,
        "runtimes": [_runtime(function["name"] for function in functions)],
        "capabilities": {"conversation_starters": starters},
    }
    published: Json = moved(plugin, public_url=public_url)
    return published


def openapi(contract: Contract, public_url: str) -> Json:
    """Return the operations behind the actions in OpenAPI 3.0.3, for a server at `public_url`."""
    operations = {operation.id: operation for operation in contract.actions.values()}
    document = projection.document(contract, operations, body=_flat)
    document["info"]["description"] = _by_operation(contract, contract.manifest["description_for_model"])
    for _, _, operation in written(document):
        operation["description"] = _described(contract, operations[operation["operationId"]])
    published: Json = moved(lower(document), public_url=public_url)
    return published


def _by_operation(contract: Contract, text: str) -> str:
    """Name in a text for models the functions that Copilot has for the actions."""
    names = {action: operation.id for action, operation in contract.actions.items()}
    names["search"] = names["search_parking"]  # as the manifest says for short
    return re.sub(r"[a-z]+_[a-z_]+|(?<=\bUse )search\b", lambda word: names.get(word[0], word[0]), text)


def _described(contract: Contract, operation: Operation) -> str:
    if operation.agent_action is None:
        raise SpecError(f"{operation.id} serves no action")
    return _by_operation(contract, operation.agent_action.description)


def _flat(contract: Contract, schema: Json) -> Json:
    """Leave out what no model can give, an object inside a request among it."""
    return for_models(projection.written_out(contract, schema), without=_NOT_FOR_MODELS)


def _function(contract: Contract, action: str, operation: Operation) -> Json:
    capabilities: dict[str, Any] = {"security_info": {"data_handling": [_handling(operation)]}}
    if operation.agent_action is not None and operation.agent_action.confirmation is not None:
        asked = {"title": contract.manifest["name_for_human"], "body": operation.agent_action.confirmation}
        capabilities["confirmation"] = {"type": "AdaptiveCard", **asked}
    if action in _SHOWN:
        capabilities["response_semantics"] = _SHOWN[action]
    described = _described(contract, operation)
    return {"name": operation.id, "description": described, "capabilities": capabilities}


def _handling(operation: Operation) -> str:
    if operation.method != "GET":
        return "ResourceStateUpdate"
    return "GetPublicData" if operation.security.allows_anonymous else "GetPrivateData"


def _runtime(functions: Iterable[str]) -> Json:
    return {
        "type": "OpenApi",
        "auth": {"type": "ApiKeyPluginVault", "reference_id": KEY_REFERENCE},
        "run_for_functions": list(functions),
        "spec": {"url": f"{CANONICAL_URL}{OPENAPI_PATH}", "progress_style": "ShowUsageWithInput"},
    }
