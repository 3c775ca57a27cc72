"""What clients of the Agent Plugins specification (1.0.0) take as a package, and ChatGPT's directory shows.

A manifest without a known schema or a good name is no plugin; a file of servers that is wrong costs the
plugin its tools, and a skill that is wrong its skill. The bounds of texts are those of ChatGPT's directory.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from app.contract import agent_plugin
from app.contract.findings import Finding
from app.contract.load import Json

_SCHEMAS: Final = "https://agent-plugins.org/schemas/1.0.0"
_KNOWN: Final = frozenset(
    {
        "$schema",
        "name",
        "version",
        "description",
        "author",
        "homepage",
        "repository",
        "license",
        "keywords",
        "extensions",
    }
)
_AUTHOR: Final = frozenset({"name", "email", "url"})
_NAME: Final = re.compile(r"(?!.*(--|\.\.))[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")
_LONGEST: Final = {"displayName": 30, "shortDescription": 30, "longDescription": 4000, "developerName": 80}
_ADDRESSES: Final = ("websiteURL", "privacyPolicyURL", "termsOfServiceURL")
_MOST_PROMPTS, _LONGEST_PROMPT = 3, 128
_SERVER: Final = frozenset({"type", "url"})
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SKILL_NAME: Final = re.compile(r"(?!.*--)[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
_SKILL_KEYS: Final = frozenset({"name", "description", "license"})
_LONGEST_SKILL_DESCRIPTION: Final = 1024
_MOST_SKILL_LINES: Final = 500
_TOOL: Final = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")


def check(manifest: Json, mcp: Json, skill: str, *, words: frozenset[str]) -> Iterator[Finding]:
    """Give what a client would not take; `words` are those names in the skill that the tools know."""
    yield from _manifest(manifest)
    yield from _servers(mcp)
    yield from _skill(skill, words)


def _manifest(manifest: Json) -> Iterator[Finding]:
    if manifest.get("$schema") != f"{_SCHEMAS}/plugin.schema.json":
        yield Finding("plugin-package-schema", "plugin.json/$schema", "is not that of Agent Plugins 1.0.0")
    if not _NAME.fullmatch(manifest.get("name", "")):
        yield Finding(
            "plugin-package-name", "plugin.json/name", "is no name of small letters, digits, - and ."
        )
    for name in manifest.keys() - _KNOWN:
        yield Finding("plugin-package-unknown", f"plugin.json/{name}", "is not known, and ignored")
    for name in manifest.get("author", {}).keys() - _AUTHOR:
        yield Finding("plugin-package-author", f"plugin.json/author/{name}", "is not known of an author")
    yield from _shown(manifest.get("extensions", {}).get("com.openai", {}).get("interface", {}))


def _shown(interface: Mapping[str, Any]) -> Iterator[Finding]:
    for name, longest in _LONGEST.items():
        if not 0 < len(interface.get(name, "")) <= longest:
            yield Finding("plugin-package-length", name, f"is not said in {longest} characters")
    for name in _ADDRESSES:
        if urlsplit(interface.get(name, "")).scheme != "https":
            yield Finding("plugin-package-address", name, "is no https address")
    prompts = interface.get("defaultPrompt", ())
    if len(prompts) > _MOST_PROMPTS or any(len(prompt) > _LONGEST_PROMPT for prompt in prompts):
        told = f"are more than {_MOST_PROMPTS}, or longer than {_LONGEST_PROMPT} characters"
        yield Finding("plugin-package-prompts", "defaultPrompt", told)


def _servers(mcp: Json) -> Iterator[Finding]:
    if mcp.get("$schema") != f"{_SCHEMAS}/mcp.schema.json":
        yield Finding("plugin-package-schema", "mcp.json/$schema", "is not that of Agent Plugins 1.0.0")
    servers = mcp.get("mcpServers", {})
    if not servers:
        yield Finding("plugin-package-server", "mcp.json", "leads to no server")
    for name, server in servers.items():
        where, address = f"mcp.json/{name}", urlsplit(server.get("url", ""))
        if server.get("type") != "streamable-http" or server.keys() != _SERVER:
            yield Finding(
                "plugin-package-server", where, "is more or less than an address of streamable HTTP"
            )
        is_near = address.scheme == "http" and address.hostname in _LOCAL
        if address.scheme != "https" and not is_near:
            yield Finding("plugin-package-server", where, "is neither https nor on the same machine")


def _skill(text: str, words: frozenset[str]) -> Iterator[Finding]:
    try:
        said = agent_plugin.front_matter(text)
    except (ValueError, yaml.YAMLError):
        yield Finding("plugin-package-skill", "SKILL.md", "does not begin with what it says of itself")
        return
    if not _SKILL_NAME.fullmatch(said.get("name", "")):
        yield Finding("plugin-package-skill", "SKILL.md/name", "is no name of small letters, digits and -")
    if not 0 < len(said.get("description", "")) <= _LONGEST_SKILL_DESCRIPTION:
        told = f"is not said in {_LONGEST_SKILL_DESCRIPTION} characters"
        yield Finding("plugin-package-skill", "SKILL.md/description", told)
    for name in said.keys() - _SKILL_KEYS:
        yield Finding("plugin-package-skill", f"SKILL.md/{name}", "is not known of a skill")
    if text.count("\n") > _MOST_SKILL_LINES:
        yield Finding("plugin-package-skill", "SKILL.md", f"is longer than {_MOST_SKILL_LINES} lines")
    for name in sorted(set(_TOOL.findall(text)) - words):
        yield Finding("plugin-package-tool", f"SKILL.md/{name}", "is no tool, field or status of ours")
