"""The published forms of the contract, rendered once: the same contract always gives the same bytes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson
import yaml

from app.contract import agent_plugin, chatgpt, copilot, plugin, tools
from app.contract.document import Contract
from app.contract.load import Json
from app.contract.public_url import CANONICAL_URL, moved

_JSON: Final = "application/json"
_YAML: Final = "application/yaml"  # RFC 9512
_MARKDOWN: Final = "text/markdown; charset=utf-8"  # RFC 7763
_ZIP: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class Form:
    """One document to serve, with a strong ETag in its quotes (RFC 9110 §8.8.3)."""

    name: str
    path: str
    media_type: str
    body: bytes
    etag: str


Document = Json | list[Json] | str | bytes
"""What a form holds: JSON, a text or a file."""
Render = Callable[[Contract, str], Document]
"""Makes a form of a contract, for a server at a public URL."""


class _Plain(yaml.CSafeDumper):
    """YAML that repeats itself instead of using anchors, which importers do not follow."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer back to a value written before."""
        del data
        return True


def _whole(contract: Contract, public_url: str) -> Json:
    document: Json = moved(contract.document, public_url=public_url)
    return document


def _tools(platform: str) -> tuple[str, Render]:
    def render(contract: Contract, public_url: str) -> list[Json]:
        listed: list[Json] = moved(tools.project(contract, platform), public_url=public_url)
        return listed

    return f"/api/agents/{platform}/tools.json", render


_FORMS: Final[Mapping[str, tuple[str, Render]]] = MappingProxyType(
    {
        "openapi.yaml": ("/openapi.yaml", _whole),
        "openapi.json": ("/openapi.json", _whole),
        "chatgpt.yaml": ("/api/agents/openai/openapi.yaml", chatgpt.project),
        "chatgpt.json": ("/api/agents/openai/openapi.json", chatgpt.project),
        "ai-plugin.json": ("/.well-known/ai-plugin.json", plugin.project),
        "copilot-plugin.json": ("/api/agents/copilot/plugin.json", copilot.manifest),
        "copilot-openapi.json": (copilot.OPENAPI_PATH, copilot.openapi),
        "agent-plugin.zip": ("/api/agents/openai/plugin.zip", agent_plugin.package),
        "agent-plugin.json": ("/api/agents/openai/plugin/plugin.json", agent_plugin.manifest),
        "agent-plugin-mcp.json": ("/api/agents/openai/plugin/mcp.json", agent_plugin.mcp),
        "agent-plugin-skill.md": ("/api/agents/openai/plugin/skills/park-a-car/SKILL.md", agent_plugin.skill),
        **{f"{platform}-tools.json": _tools(platform) for platform in tools.SHAPES},
    }
)
"""Where each form is served, and how it is made."""
NAMES: Final = tuple(_FORMS)


def forms(contract: Contract, *, public_url: str = CANONICAL_URL) -> Mapping[str, Form]:
    """Render every published form for a server at `public_url`, by name."""
    rendered = {
        name: _form(name, path, render(contract, public_url)) for name, (path, render) in _FORMS.items()
    }
    return MappingProxyType(rendered)


def _form(name: str, path: str, document: Document) -> Form:
    media_type, body = _file(document, is_yaml=name.endswith(".yaml"))
    return Form(name=name, path=path, media_type=media_type, body=body, etag=etag_of(body))


def _file(document: Document, *, is_yaml: bool) -> tuple[str, bytes]:
    """Return the media type and the bytes of a document."""
    if isinstance(document, bytes):
        return _ZIP, document
    if isinstance(document, str):
        return _MARKDOWN, document.encode()
    if is_yaml:
        return _YAML, _as_yaml(document)
    return _JSON, orjson.dumps(document, option=orjson.OPT_INDENT_2)


def etag_of(body: bytes) -> str:
    """Return the strong ETag of bytes: another one whenever they differ (RFC 9110, section 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _as_yaml(document: Json | list[Json]) -> bytes:
    text: str = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return text.encode()
