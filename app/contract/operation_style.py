"""The style that every operation keeps: the spec's voice, its statuses, headers and examples."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from app.contract import validators
from app.contract.document import Contract, Operation
from app.contract.findings import Finding
from app.contract.load import Json, escape
from app.contract.operations import follow
from app.contract.retirement import DEPRECATED_AT, SUNSET
from app.contract.validators import Validators

_OPERATION_ID: Final = re.compile(r"[a-z][A-Za-z0-9]{0,63}")
_NOT_IMPERATIVE: Final = re.compile(r"(?:\w*[^s]s|\w+ing|\w+ed)\b")
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)")
_LONGEST_SUMMARY, _LONGEST_DESCRIPTION, _MOST_SENTENCES = 6, 300, 3
_LONGEST_PARAMETER_DESCRIPTION: Final = 700
_EXTENSIONS: Final = frozenset(
    {"x-budget", "x-plan", "x-agent-action", "x-openai-isConsequential", DEPRECATED_AT, SUNSET}
)
_ANNOTATIONS: Final = frozenset({"read_only", "destructive", "idempotent", "open_world"})

_ALWAYS: Final = frozenset({400, 401, 406, 426, 429, 500, 503})
_WITH_BODY: Final = frozenset({413, 415})
_WITH_IDEMPOTENCY: Final = frozenset({422})
_ALWAYS_HEADERS: Final = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
_HEADERS_OF: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_FIRST_ERROR: Final = 400
_BODILESS: Final = frozenset({204, 304})
_SIGNED: Final = "receiveStripeEvent"
"""The one write that is made safe to repeat by the sender's own event id."""


def check(contract: Contract) -> Iterator[Finding]:
    """Give every breach of the operations' style."""
    validator = validators.of(contract)
    for operation in contract.operations.values():
        node = contract.at(operation.pointer)
        for message in _untrue_examples(contract, operation, node, validator):
            yield Finding("true-example", operation.id, message)
        for rule, breaches in _RULES.items():
            yield from (
                Finding(rule, operation.id, message) for message in breaches(contract, operation, node)
            )


Breaches = Iterator[str]


def _named_badly(contract: Contract, operation: Operation, node: Json) -> Breaches:
    if not _OPERATION_ID.fullmatch(operation.id):
        yield "its operationId is not camelCase of at most 64 letters and digits"
    if operation.tag not in [tag["name"] for tag in contract.document.get("tags", [])]:
        yield f"its first tag {operation.tag} is not declared"
    unknown = [key for key in node if key.startswith("x-") and key not in _EXTENSIONS]
    if unknown:
        yield f"uses the unknown extension {', '.join(unknown)}"


def _summed_up_badly(_: Contract, __: Operation, node: Json) -> Breaches:
    summary = node.get("summary", "")
    if not 1 <= len(summary.split()) <= _LONGEST_SUMMARY:
        yield f"its summary has not 1 to {_LONGEST_SUMMARY} words"
    if summary != summary[:1].upper() + summary[1:] or summary.endswith("."):
        yield "its summary does not begin with a capital, or ends with a full stop"
    if _NOT_IMPERATIVE.match(summary):
        yield "its summary is not an imperative"


def _described_badly(_: Contract, __: Operation, node: Json) -> Breaches:
    description = node.get("description", "")
    if not 1 <= len(description) <= _LONGEST_DESCRIPTION:
        yield f"its description has not 1 to {_LONGEST_DESCRIPTION} characters"
    if not 1 <= len(_SENTENCE_END.findall(description)) <= _MOST_SENTENCES or not description.endswith("."):
        yield f"its description has not 1 to {_MOST_SENTENCES} sentences"


def _guarded_badly(_: Contract, __: Operation, node: Json) -> Breaches:
    for key in ("security", "x-budget", "x-openai-isConsequential"):
        if key not in node:
            yield f"does not say its {key}"


def _parameters(contract: Contract, _: Operation, node: Json) -> Breaches:
    for listed in node.get("parameters", []):
        parameter = contract.followed(listed)
        if not 1 <= len(parameter.get("description", "")) <= _LONGEST_PARAMETER_DESCRIPTION:
            yield f"its parameter {parameter['name']} is not described, or at too great length"
        if parameter["in"] == "cookie":
            yield f"takes the cookie {parameter['name']}"


def _statuses(_: Contract, operation: Operation, __: Json) -> Breaches:
    expected = _ALWAYS | {404 for _ in operation.parameters_in("path")}
    if operation.body_media_types:
        expected |= _WITH_BODY
    if _repeatable(operation):
        expected |= _WITH_IDEMPOTENCY
    if operation.security.alternatives:
        expected |= {403}
    missing = sorted(expected - operation.responses.keys())
    if missing:
        yield f"does not document {', '.join(map(str, missing))}"


def _repeatable(operation: Operation) -> bool:
    return operation.method != "GET" and operation.id != _SIGNED


def _idempotency(_: Contract, operation: Operation, __: Json) -> Breaches:
    takes = any(parameter.name == "Idempotency-Key" for parameter in operation.parameters_in("header"))
    if takes != _repeatable(operation):
        yield "is a write without Idempotency-Key, or a read with it"


def _headers(_: Contract, operation: Operation, __: Json) -> Breaches:
    for status, response in operation.responses.items():
        expected = (*_ALWAYS_HEADERS, *_HEADERS_OF.get(status, ()))
        missing = [name for name in expected if name not in response.required_headers]
        if missing:
            yield f"does not require {', '.join(missing)} in its {status}"


def _responses(_: Contract, operation: Operation, node: Json) -> Breaches:
    for status, response in operation.responses.items():
        is_reference = "$ref" in node["responses"][str(status)]
        if status >= _FIRST_ERROR and not is_reference:
            yield f"writes its {status} out instead of referring to it"
        if len(response.media_types) != (0 if status in _BODILESS else 1):
            yield f"its {status} has not exactly one media type"


def _examples(contract: Contract, _: Operation, node: Json) -> Breaches:
    holders = {"body": contract.followed(node.get("requestBody", {}))}
    for status, listed in node["responses"].items():
        holders[status] = contract.followed(listed)
    for name, holder in holders.items():
        for content in holder.get("content", {}).values():
            if not content.get("examples"):
                yield f"its {name} has no named example"


def _untrue_examples(contract: Contract, operation: Operation, node: Json, validator: Validators) -> Breaches:
    holders = {f"{operation.pointer}/requestBody": node.get("requestBody", {})}
    for status, listed in node["responses"].items():
        holders[f"{operation.pointer}/responses/{status}"] = listed
    for written_at, listed in holders.items():
        holder, pointer = follow(contract.document, listed, written_at)
        for media_type, content in holder.get("content", {}).items():
            refused = validator(f"{pointer}/content/{escape(media_type)}/schema").iter_errors
            for name, value in _values(contract, content):
                yield from (f"its example {name} is refused: {error.message}" for error in refused(value))


def _values(contract: Contract, content: Json) -> Iterator[tuple[str, Any]]:
    for name, listed in content.get("examples", {}).items():
        yield name, contract.followed(listed)["value"]


def _links(contract: Contract, _: Operation, node: Json) -> Breaches:
    for response in node["responses"].values():
        for name, link in response.get("links", {}).items():
            if link.get("operationId") not in contract.operations:
                yield f"its link {name} leads nowhere"


def _agent_action(_: Contract, operation: Operation, __: Json) -> Breaches:
    action = operation.agent_action
    if action is not None and action.annotations.keys() != _ANNOTATIONS:
        yield "its x-agent-action does not carry the four hints"
    if action is not None and not action.description.endswith("."):
        yield "what its x-agent-action says to models is no sentence"
    if action is not None and bool(action.confirmation) != operation.consequential:
        yield "its x-agent-action does not ask before it changes something, or asks for nothing"
    if action is not None and action.annotations.get("read_only") != (operation.method == "GET"):
        yield "its hint read_only contradicts its method"


_RULES: Final[dict[str, Callable[[Contract, Operation, Json], Breaches]]] = {
    "names": _named_badly,
    "summary": _summed_up_badly,
    "description": _described_badly,
    "guards": _guarded_badly,
    "parameters": _parameters,
    "statuses": _statuses,
    "idempotency": _idempotency,
    "headers": _headers,
    "responses": _responses,
    "named-example": _examples,
    "links": _links,
    "agent-action": _agent_action,
}
