"""The project's API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from parkgraph.answers import Answer
from parkgraph.calls import call, optional
from parkgraph.models import ApiKey, ApiKeyPage, NewApiKey
from parkgraph.operations import CREATE_API_KEY, DELETE_API_KEY, LIST_API_KEYS, ROTATE_API_KEY
from parkgraph.pages import Pages
from parkgraph.readings import inside, nothing, whole
from parkgraph.resource import Resource


class KeysResource(Resource):
    """The project's API keys."""

    def list_api_keys(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[ApiKeyPage, ApiKey]:
        """List the project's API keys.

        Answers the keys of the caller's project, newest first, with scopes, last four characters and last
        use, never the keys themselves. Pass `next_cursor` as `cursor` for the next page; the last page has
        none.

        Args:
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(LIST_API_KEYS, whole(ApiKeyPage), query={"limit": limit, "cursor": cursor})
        return Pages(self._send, asked, entries=lambda page: page.data)

    def create_api_key(
        self,
        *,
        name: str,
        scopes: Sequence[
            Literal["agent:act", "lots:read", "sessions:read", "sessions:write", "payments:write", "operator"]
            | str
        ],
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> NewApiKey:
        """Create an API key.

        Makes a key for the caller's project. The key itself is in this answer only; we keep a hash. A scope
        that the plan does not include is a 403, an `expires_at` in the past a 400.

        Args:
            name: What people call the key.
            scopes: What the key may do.
            expires_at: When the key is to expire; never, if left out.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                CREATE_API_KEY,
                inside("api_key", NewApiKey),
                body={"name": name, "scopes": scopes, **optional(expires_at=expires_at)},
                idempotency_key=idempotency_key,
            )
        )

    def delete_api_key(self, key_id: str, *, idempotency_key: str | None = None) -> Answer:
        """Delete an API key.

        Revokes a key at once and for good. The key that makes this very call cannot be deleted: that is a
        409; use another one.

        Args:
            key_id: The key's id, as given by create_api_key.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(DELETE_API_KEY, nothing, path={"key_id": key_id}, idempotency_key=idempotency_key)
        )

    def rotate_api_key(self, key_id: str, *, idempotency_key: str | None = None) -> NewApiKey:
        """Rotate an API key.

        Replaces a key by a new one with the same name, scopes and limits. Once this has answered, the old key
        is dead everywhere. The key that makes this very call cannot be rotated: that is a 409; use another
        one.

        Args:
            key_id: The key's id, as given by create_api_key.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                ROTATE_API_KEY,
                inside("api_key", NewApiKey),
                path={"key_id": key_id},
                idempotency_key=idempotency_key,
            )
        )
