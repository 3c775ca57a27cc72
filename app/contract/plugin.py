"""The plugin manifest that is hosted at /.well-known/ai-plugin.json.

The file is authored (spec/ai-plugin.json, equal to the reference's); the server only fills in its public URL.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from app.contract.document import Contract
from app.contract.findings import Finding
from app.contract.load import Json
from app.contract.public_url import moved

_LONGEST: Final = {
    "name_for_human": 20,
    "name_for_model": 50,
    "description_for_human": 100,
    "description_for_model": 8000,
}
_REQUIRED: Final = ("schema_version", *_LONGEST, "auth", "api", "logo_url", "contact_email", "legal_info_url")
_MODEL_NAME: Final = re.compile(r"[A-Za-z0-9_]+")


def project(contract: Contract, public_url: str) -> Json:
    """Return the manifest as a server at `public_url` hosts it."""
    manifest: Json = moved(contract.manifest, public_url=public_url)
    return manifest


def check(manifest: Json) -> Iterator[Finding]:
    """Give what readers of plugin manifests (schema v1) would refuse."""
    for key in _REQUIRED:
        if key not in manifest:
            yield Finding("plugin-complete", key, "is missing")
    for key, longest in _LONGEST.items():
        if len(manifest.get(key, "")) > longest:
            yield Finding("plugin-length", key, f"is longer than {longest} characters")
    if not _MODEL_NAME.fullmatch(manifest.get("name_for_model", "")):
        yield Finding("plugin-name", "name_for_model", "holds more than letters, digits and _")
    if manifest.get("schema_version") != "v1":
        yield Finding("plugin-version", "schema_version", "is not v1")
    yield from _check_access(manifest.get("auth", {}), manifest.get("api", {}))


def _check_access(auth: dict[str, Any], api: dict[str, Any]) -> Iterator[Finding]:
    if auth.get("type") != "user_http" or auth.get("authorization_type") != "bearer":
        yield Finding("plugin-auth", "auth", "is not the bearer token of each user")
    if "verification_tokens" in auth:
        yield Finding(
            "plugin-secret", "auth/verification_tokens", "is a secret and never stands in the manifest"
        )
    if api.get("type") != "openapi" or not str(api.get("url", "")).endswith(
        "/api/agents/openai/openapi.yaml"
    ):
        yield Finding("plugin-api", "api", "does not lead to the ChatGPT form")
