"""Every lint over the contract and its published forms."""

from collections.abc import Iterator
from itertools import chain

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from app.contract import (
    agent_plugin,
    agent_plugin_style,
    chatgpt,
    chatgpt_style,
    copilot,
    copilot_style,
    document_style,
    operation_style,
    plugin,
    retirement_style,
    schema_style,
    tools,
    tools_style,
)
from app.contract.document import Contract
from app.contract.findings import Finding
from app.contract.load import SpecError
from app.contract.lower import lower
from app.contract.public_url import CANONICAL_URL
from app.contract.schemas import within


def check(contract: Contract) -> list[Finding]:
    """Return every finding: OpenAPI itself, our own style, the form of each platform."""
    return [
        *openapi(contract),
        *document_style.check(contract),
        *operation_style.check(contract),
        *retirement_style.check(contract),
        *schema_style.check(contract),
        *chatgpt_style.check(chatgpt.project(contract, public_url=CANONICAL_URL)),
        *plugin.check(contract.manifest),
        *copilot_style.check(
            copilot.manifest(contract, public_url=CANONICAL_URL),
            copilot.openapi(contract, public_url=CANONICAL_URL),
        ),
        *agent_plugin_style.check(
            agent_plugin.manifest(contract, public_url=CANONICAL_URL),
            agent_plugin.mcp(contract, public_url=CANONICAL_URL),
            contract.skill,
            words=_words(contract),
        ),
        *chain.from_iterable(
            tools_style.check(platform, tools.project(contract, platform)) for platform in tools.SHAPES
        ),
    ]


def _words(contract: Contract) -> frozenset[str]:
    """Return the names that tools have, and the fields of what they take and answer."""
    schemas = [
        tool[side] for tool in tools.project(contract, "mcp") for side in ("inputSchema", "outputSchema")
    ]
    fields = (
        name for root in schemas for _, schema in within(root, "#") for name in schema.get("properties", ())
    )
    return frozenset([*contract.actions, *fields])


def openapi(contract: Contract) -> Iterator[Finding]:
    """Give what makes the document invalid as OpenAPI 3.1, or its lowered copy as 3.0."""
    for error in OpenAPIV31SpecValidator(contract.document).iter_errors():
        yield Finding("openapi-3.1", "#", str(error.message))
    try:
        lowered = lower(contract.document)
    except SpecError as refusal:
        yield Finding("openapi-3.0", "#", str(refusal))
        return
    for error in OpenAPIV30SpecValidator(lowered).iter_errors():
        yield Finding("openapi-3.0", "#", str(error.message))
