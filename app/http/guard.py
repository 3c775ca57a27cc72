"""Step 6b: refusals that were found before, raised now that they have paid; and the answers to OPTIONS."""

from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract.document import Contract
from app.domain.errors import NotAcceptable
from app.http.exchange import Headers, exchange_of


class Guard:
    """Let only those requests pass that have an operation or a page to go to."""

    def __init__(self, app: ASGIApp, *, contract: Contract) -> None:
        self.app = app
        self._media_types = {name: operation.media_types for name, operation in contract.operations.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = exchange_of(scope)
        if exchange.refusal is not None:
            raise exchange.refusal
        if exchange.answer is not None:
            await send(
                {
                    "type": "http.response.start",
                    "status": exchange.answer.status,
                    "headers": exchange.answer.headers,
                }
            )
            await send({"type": "http.response.body"})
            return
        if exchange.operation is not None:
            _refuse_unacceptable(scope["headers"], self._media_types[exchange.operation.id])
        await self.app(scope, receive, send)


def _refuse_unacceptable(headers: Headers, media_types: frozenset[str]) -> None:
    accept = b",".join([value for name, value in headers if name == b"accept"])
    if accept and not accepts(accept, media_types):
        raise NotAcceptable(f"This operation answers {' or '.join(sorted(media_types))} only.")


@lru_cache(maxsize=128)
def accepts(accept: bytes, media_types: frozenset[str]) -> bool:
    """Tell whether an Accept header takes one of the media types (RFC 9110 section 12.5.1)."""
    ranges = dict(_weighted(part) for part in accept.decode("latin-1").lower().split(",") if part.strip())
    if not ranges:
        return True
    return any(_weight(ranges, media_type) > 0 for media_type in media_types)


def _weighted(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip() for piece in part.split(";"))
    quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return media_range, float(quality)
    except ValueError:
        return media_range, 1.0


def _weight(ranges: dict[str, float], media_type: str) -> float:
    """Return the weight of the most precise range that takes the media type."""
    kind = media_type.partition("/")[0]
    return next((ranges[name] for name in (media_type, f"{kind}/*", "*/*") if name in ranges), 0.0)
