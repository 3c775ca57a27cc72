"""The plugin package that ChatGPT takes in the place of custom GPTs, and other agents take as well.

It is a package of the Agent Plugins specification (1.0.0, https://agent-plugins.org/specification): a
manifest, the MCP server that it leads to, and a skill (https://agentskills.io/specification) that says how
its tools play together. The skill is written by hand (spec/skill.md).
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

import orjson
import yaml

from app.contract.document import Contract
from app.contract.load import Json
from app.contract.public_url import CANONICAL_URL, moved

NAME: Final = "park-graph"
MANIFEST_PATH: Final = "plugin.json"
MCP_PATH: Final = "mcp.json"

_SCHEMAS: Final = "https://agent-plugins.org/schemas/1.0.0"
_FENCE: Final = "---\n"
_WRITTEN_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The first instant that a ZIP file can name: the same package always has the same bytes."""
_MODE: Final = 0o100644 << 16
_ASKED: Final = (
    "Find parking near a place that I name.",
    "What does it cost to park there this evening?",
    "Start parking for my car, and tell me before it runs out.",
)


def manifest(contract: Contract, public_url: str) -> Json:
    """Return the manifest as a server at `public_url` publishes it."""
    texts = contract.manifest
    plugin: Json = {
        "$schema": f"{_SCHEMAS}/plugin.schema.json",
        "name": NAME,
        "version": contract.document["info"]["version"],
        "description": texts["description_for_human"],
        "author": {"name": texts["name_for_human"], "email": texts["contact_email"], "url": CANONICAL_URL},
        "homepage": CANONICAL_URL,
        "license": "Apache-2.0",
        "keywords": ["parking", "mobility", "payments"],
        "extensions": {"com.openai": {"interface": _interface(texts)}},
    }
    published: Json = moved(plugin, public_url=public_url)
    return published


def mcp(contract: Contract, public_url: str) -> Json:
    """Return the file that leads to the MCP server of a server at `public_url`."""
    del contract  # whatever it says, the tools stand at one address
    server = {"type": "streamable-http", "url": f"{CANONICAL_URL}/mcp"}
    document: Json = {"$schema": f"{_SCHEMAS}/mcp.schema.json", "mcpServers": {NAME: server}}
    published: Json = moved(document, public_url=public_url)
    return published


def skill(contract: Contract, public_url: str) -> str:
    """Return the skill."""
    del public_url  # it names tools, which are found wherever the package leads
    return contract.skill


def instructions(contract: Contract) -> str:
    """Return the skill's text alone, for clients that are told how to go about the tools as they connect."""
    return contract.skill.split(_FENCE, 2)[-1].strip()


def package(contract: Contract, public_url: str) -> bytes:
    """Return the whole package as a ZIP file, which unpacks into a folder of its name."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for path, text in files(contract, public_url).items():
            entry = zipfile.ZipInfo(f"{NAME}/{path}", _WRITTEN_AT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_STORED, _MODE
            archive.writestr(entry, text)
    return written.getvalue()


def files(contract: Contract, public_url: str) -> Mapping[str, str]:
    """Return the files of the package by their paths in it."""
    text = skill(contract, public_url)
    return {
        MANIFEST_PATH: _written(manifest(contract, public_url)),
        MCP_PATH: _written(mcp(contract, public_url)),
        skill_path(text): text,
    }


def skill_path(text: str) -> str:
    """Return where a skill stands in a package: in a folder of its own name."""
    return f"skills/{front_matter(text)['name']}/SKILL.md"


def front_matter(text: str) -> Mapping[str, str]:
    """Read what a skill says of itself before its text; raise ValueError if it says nothing, or no texts."""
    before, written, _ = text.split(_FENCE, 2)
    read = yaml.safe_load(written)
    if before or not isinstance(read, dict) or not all(isinstance(each, str) for each in read.values()):
        raise ValueError("A skill begins with texts by their names.")
    return read


def _interface(texts: Json) -> Json:
    """Say how ChatGPT's directory shows the plugin."""
    return {
        "displayName": texts["name_for_human"],
        "shortDescription": "Find and pay for parking",
        "longDescription": (
            "For drivers. Finds lots near a place with their prices and free spaces, and starts, extends and "
            "ends paid stays. It knows the lots of operators that use Park Graph, and asks before anything "
            "costs money. Starting a stay needs a key of the server that the plugin leads to."
        ),
        "developerName": texts["name_for_human"],
        "category": "Travel",
        "websiteURL": CANONICAL_URL,
        "privacyPolicyURL": f"{CANONICAL_URL}/legal/privacy",
        "termsOfServiceURL": texts["legal_info_url"],
        "defaultPrompt": list(_ASKED),
    }


def _written(document: Json) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
