"""Where the published forms say that this server is."""

from typing import Any, Final

CANONICAL_URL: Final = "https://parkgraph.com"


def moved(node: Any, *, public_url: str) -> Any:
    """Return a copy of a document in which `public_url` stands for https://parkgraph.com in every text."""
    if isinstance(node, dict):
        return {key: moved(value, public_url=public_url) for key, value in node.items()}
    if isinstance(node, list):
        return [moved(value, public_url=public_url) for value in node]
    if isinstance(node, str):
        return node.replace(CANONICAL_URL, public_url.rstrip("/"))
    return node
