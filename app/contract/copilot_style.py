"""What Microsoft 365 Copilot takes as a plugin (v2.4), by its documents.

A manifest with anything in it that is not known is invalid as a whole.
"""

import re
from collections.abc import Iterator
from typing import Final

from openapi_spec_validator import OpenAPIV30SpecValidator

from app.contract.copilot import OPENAPI_PATH
from app.contract.findings import Finding
from app.contract.load import Json
from app.contract.operations import written
from app.contract.schemas import every, within

MOST_FUNCTIONS: Final = 10
"""With more of them the model chooses worse."""

_REQUIRED: Final = frozenset({"schema_version", "name_for_human", "namespace", "description_for_human"})
_KNOWN: Final = _REQUIRED | {
    "$schema",
    "description_for_model",
    "logo_url",
    "contact_email",
    "legal_info_url",
    "privacy_policy_url",
    "functions",
    "runtimes",
    "capabilities",
}
_LONGEST: Final = {"name_for_human": 20, "description_for_human": 100, "description_for_model": 2048}
_NAMESPACE: Final = re.compile(r"[A-Za-z0-9]+")
_FUNCTION: Final = re.compile(r"[A-Za-z0-9_]+")
_HANDLING: Final = frozenset({"GetPublicData", "GetPrivateData", "DataTransform", "ResourceStateUpdate"})
_FUNCTION_KEYS: Final = frozenset({"name", "description", "capabilities"})
_CAPABILITIES: Final = frozenset({"security_info", "confirmation", "response_semantics"})
_CITED: Final = frozenset({"title", "subtitle", "url", "thumbnail_url"})
_STYLES: Final = frozenset({"None", "ShowUsage", "ShowUsageWithInput", "ShowUsageWithInputAndOutput"})
_CHOICES: Final = ("oneOf", "anyOf", "allOf")


def check(manifest: Json, document: Json) -> Iterator[Finding]:
    """Give what Copilot would refuse of a manifest and its document, or read for something else."""
    for name in _REQUIRED - manifest.keys():
        yield Finding("copilot-complete", name, "is missing")
    for name in manifest.keys() - _KNOWN:
        yield Finding("copilot-unknown", name, "is not known, which makes the whole manifest invalid")
    for name, longest in _LONGEST.items():
        if not manifest.get(name, "").strip() or len(manifest[name]) > longest:
            yield Finding("copilot-length", name, f"is not said in {longest} characters")
    if manifest.get("schema_version") != "v2.4":
        yield Finding("copilot-version", "schema_version", "is not v2.4")
    if not _NAMESPACE.fullmatch(manifest.get("namespace", "")):
        yield Finding("copilot-namespace", "namespace", "holds more than letters and digits")
    for starter in manifest.get("capabilities", {}).get("conversation_starters", [{}]):
        if not starter.get("text"):
            yield Finding("copilot-starter", "capabilities", "begin a conversation without a word")
    yield from _functions(manifest, document)
    yield from _runtimes(manifest, document)
    yield from _document(document)


def _functions(manifest: Json, document: Json) -> Iterator[Finding]:
    names = [function["name"] for function in manifest.get("functions", [])]
    operations = [operation["operationId"] for _, _, operation in written(document)]
    if sorted(names) != sorted(operations) or len(set(names)) < len(names):
        yield Finding("copilot-functions", "functions", "are not the operations of the document, each once")
    if not 0 < len(names) <= MOST_FUNCTIONS:
        yield Finding("copilot-functions", "functions", f"are none, or more than {MOST_FUNCTIONS}")
    consequential = {
        operation["operationId"]
        for _, _, operation in written(document)
        if operation.get("x-openai-isConsequential")
    }
    for function in manifest.get("functions", []):
        yield from _function(function, is_asked=function["name"] in consequential)


def _function(function: Json, *, is_asked: bool) -> Iterator[Finding]:
    where, capabilities = f"functions: {function['name']}", function.get("capabilities", {})
    unknown = (function.keys() - _FUNCTION_KEYS) | (capabilities.keys() - _CAPABILITIES)
    if not _FUNCTION.fullmatch(function["name"]) or not function.get("description") or unknown:
        yield Finding("copilot-function", where, "has another name, no description, or something unknown")
    handled = capabilities.get("security_info", {}).get("data_handling", [])
    if not handled or not _HANDLING.issuperset(handled):
        yield Finding("copilot-handling", where, "does not say how it handles data")
    asked = capabilities.get("confirmation")
    if (asked is not None) != is_asked:
        yield Finding("copilot-confirmation", where, "asks for nothing, or not before it changes something")
    if asked is not None and (asked.get("type") != "AdaptiveCard" or not asked.get("body")):
        yield Finding("copilot-confirmation", where, "asks in no way that there is")
    shown = capabilities.get("response_semantics")
    if shown is not None and not (shown.get("data_path") and shown.get("properties", {}).keys() <= _CITED):
        yield Finding("copilot-cited", where, "cites what there is no word for, or from nowhere")


def _runtimes(manifest: Json, document: Json) -> Iterator[Finding]:
    runtimes, names = manifest.get("runtimes", []), [each["name"] for each in manifest.get("functions", [])]
    if [runtime.get("run_for_functions") for runtime in runtimes] != [names]:
        yield Finding("copilot-runtime", "runtimes", "do not run each function once")
    for runtime in runtimes:
        if runtime.get("type") != "OpenApi" or runtime.get("spec", {}).get("progress_style") not in _STYLES:
            yield Finding("copilot-runtime", "runtimes", "are of no kind, or show progress in no way")
        if runtime.get("spec", {}).get("url") != f"{document['servers'][0]['url']}{OPENAPI_PATH}":
            yield Finding("copilot-runtime", "runtimes", "do not lead to the document that is published here")
        auth = runtime.get("auth", {})
        if auth.get("type") != "ApiKeyPluginVault" or not auth.get("reference_id"):
            yield Finding("copilot-auth", "runtimes", "does not name a key in the vault")


def _document(document: Json) -> Iterator[Finding]:
    for error in OpenAPIV30SpecValidator(document).iter_errors():
        yield Finding("copilot-openapi", "#", str(error.message))
    for path, method, operation in written(document):
        where = f"{method.upper()} {path}"
        if "x-openai-isConsequential" not in operation:
            yield Finding("copilot-consequential", where, "does not say x-openai-isConsequential")
        if not operation.get("description"):
            yield Finding("copilot-description", where, "is not described")
        yield from _request(where, operation)
    if document.get("components", {}).get("securitySchemes", {}).keys() != {"bearerAuth"}:
        yield Finding("copilot-auth", "#/components", "does not say that a key is sent as a bearer token")
    for pointer, schema in every(document):
        if missing := sorted(set(schema.get("required", ())) - schema.get("properties", {}).keys()):
            yield Finding(
                "copilot-required", pointer, f"demands {', '.join(sorted(missing))}, which is not there"
            )
        for keyword in _CHOICES:
            if keyword in schema:
                yield Finding("copilot-choice", pointer, f"uses {keyword}, which is not supported")


def _request(where: str, operation: Json) -> Iterator[Finding]:
    taken = {each["name"]: each["schema"] for each in operation.get("parameters", [])}
    for parameter in operation.get("parameters", []):
        if parameter["in"] not in ("path", "query"):
            yield Finding("copilot-parameter", where, f"takes {parameter['name']} in a {parameter['in']}")
    for content in operation.get("requestBody", {}).get("content", {}).values():
        taken |= content["schema"].get("properties", {"$ref": content["schema"]})
    for name, schema in taken.items():
        if any(each.get("type") == "object" or "$ref" in each for _, each in within(schema, where)):
            yield Finding("copilot-nested", where, f"takes an object in {name}, which is not supported")
