"""HTTP that isn't: what the parser refuses gets the envelope too, and then a closed connection.

Such requests never become an ASGI scope, so uvicorn's protocol class answers them. It finds what it answers
with in the lifespan's state, which the chain fills when it starts.
"""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.domain.errors import BadRequest
from app.http.edge import LARGEST_HEAD, finished
from app.http.errors import WHOLE_REQUEST, Errors
from app.http.exchange import Exchange
from app.http.limiter import Limiter
from app.http.limits import subscriber
from app.http.observation import Observer
from app.http.token_bucket import Charge

STATE: Final = "park_graph_refusals"
"""The name under which the lifespan's state holds the refusals."""

LINGER_SECONDS: Final = 2.0
"""How long a refused client may go on sending what nobody reads."""

_NOTHING_READ: Final = "-"
_BUDGET: Final = "pages"


class ParserRefusals:
    """Make whole answers to what is not HTTP; counted in this process, because a parser can't wait."""

    def __init__(self, *, errors: Errors, observer: Observer, limiter: Limiter, per_minute: int) -> None:
        self._errors = errors
        self._observer = observer
        self._limiter = limiter
        self._per_minute = per_minute

    def answer(self, ip: str, problem: str) -> bytes:
        """Return the bytes of a 400, and leave its trace."""
        exchange = Exchange(method=_NOTHING_READ, path=_NOTHING_READ, ip=ip)
        exchange.verdict = self._limiter.take_here([Charge(f"{_BUDGET}:{subscriber(ip)}", self._per_minute)])
        answer = self._errors.answer(exchange, BadRequest.of(WHOLE_REQUEST, problem))
        exchange.status = answer.status
        headers = finished(
            [
                (b"content-type", answer.content_type.encode()),
                (b"content-length", b"%d" % len(answer.body)),
                (b"connection", b"close"),
            ],
            exchange,
        )
        self._observer(exchange)
        lines = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        return b"HTTP/1.1 400 Bad Request\r\n" + lines + b"\r\n" + answer.body


class EnvelopeProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, refusing in our words, and refusing heads that don't end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._head_size = 0
        self._is_leaving = False

    def on_message_begin(self) -> None:
        """Begin to count the head of a request."""
        super().on_message_begin()
        self._in_head, self._head_size = True, 0

    def on_headers_complete(self) -> None:
        """Stop counting."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and refuse a head that goes on and on; throw away what comes after a refusal."""
        if self._is_leaving:
            return
        super().data_received(data)
        if self._in_head and not self._is_leaving and not self.transport.is_closing():
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD:
                self._refuse(f"its headers are larger than {LARGEST_HEAD} bytes")

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio takes a flag, uvicorn returns None
        """Keep the way out open for a client that has sent its request and closed its own."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused; called by uvicorn."""
        del msg  # says no more than that the request is invalid
        self._refuse("this is not HTTP/1.1 as RFC 9112 writes it")

    def _refuse(self, problem: str) -> None:
        if not self._is_answering():
            refusals: ParserRefusals = self.app_state[STATE]
            self.transport.write(refusals.answer(self.client[0] if self.client else "unknown", problem))
        self._leave()

    def _leave(self) -> None:
        """Close the connection so that the refusal arrives.

        To close while the client still sends is to reset the connection, which may take the answer with it.
        So our half is closed first, and the other after a moment (RFC 9112 section 9.6).
        """
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if is_busy or not self.transport.can_write_eof():
            self.transport.close()
            return
        self._is_leaving = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _is_answering(self) -> bool:
        """Tell whether an answer is on its way, into which another must not be written."""
        return self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
