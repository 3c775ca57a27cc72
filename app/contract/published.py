"""The published forms of the contract, rendered once: the same contract always gives the same bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson
import yaml

from app.contract import chatgpt, copilot, plugin, tools
from app.contract.document import Contract
from app.contract.load import Json
from app.contract.public_url import CANONICAL_URL, moved

_JSON: Final = "application/json"
_YAML: Final = "application/yaml"  # RFC 9512


@dataclass(frozen=True, slots=True)
class Form:
    """One document to serve, with a strong ETag in its quotes (RFC 9110 §8.8.3)."""

    name: str
    path: str
    media_type: str
    body: bytes
    etag: str


class _Plain(yaml.CSafeDumper):
    """YAML that repeats itself instead of using anchors, which importers do not follow."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer back to a value written before."""
        del data
        return True


def forms(contract: Contract, *, public_url: str = CANONICAL_URL) -> Mapping[str, Form]:
    """Render every published form for a server at `public_url`, by name."""
    whole: Json = moved(contract.document, public_url=public_url)
    gpt = chatgpt.project(contract, public_url=public_url)
    manifest = plugin.project(contract, public_url=public_url)
    for_copilot = copilot.manifest(contract, public_url=public_url)
    rendered = (
        _form("openapi.yaml", "/openapi.yaml", whole),
        _form("openapi.json", "/openapi.json", whole),
        _form("chatgpt.yaml", "/api/agents/openai/openapi.yaml", gpt),
        _form("chatgpt.json", "/api/agents/openai/openapi.json", gpt),
        _form("ai-plugin.json", "/.well-known/ai-plugin.json", manifest),
        _form(
            "copilot-plugin.json",
            "/api/agents/copilot/plugin.json",
            for_copilot,
        ),
        _form("copilot-openapi.json", copilot.OPENAPI_PATH, copilot.openapi(contract, public_url=public_url)),
        *(_tools(contract, platform) for platform in tools.SHAPES),
    )
    return MappingProxyType({form.name: form for form in rendered})


def _tools(contract: Contract, platform: str) -> Form:
    tools_of = tools.project(contract, platform)
    return _form(f"{platform}-tools.json", f"/api/agents/{platform}/tools.json", tools_of)


def _form(name: str, path: str, document: Json | list[Json]) -> Form:
    is_yaml = name.endswith(".yaml")
    body = _as_yaml(document) if is_yaml else orjson.dumps(document, option=orjson.OPT_INDENT_2)
    media_type = _YAML if is_yaml else _JSON
    return Form(name=name, path=path, media_type=media_type, body=body, etag=etag_of(body))


def etag_of(body: bytes) -> str:
    """Return the strong ETag of bytes: another one whenever they differ (RFC 9110, section 8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _as_yaml(document: Json | list[Json]) -> bytes:
    text: str = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    return text.encode()
