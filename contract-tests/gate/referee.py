"""Prism as a referee: as a proxy between client and server, and over exchanges that were recorded.

As a proxy it looks at what is on the wire and answers 500 in the server's stead where an answer is not as
the document says. Over records its validators judge what was sent in states that nobody can bring back.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate import node, traffic
from gate.servers import Server, serve
from gate.traffic import Exchange
from tests.ports import free_port

REFUSED = 400
"""The status of a request that breaks the contract, and of no other."""


@contextmanager
def proxy(document: Path, upstream: str, *, log: Path) -> Iterator[Server]:
    """Run Prism between its caller and the server at `upstream`, until the block ends."""
    port = free_port()
    options = ("--port", str(port), "--errors", "--cors", "false", "--verboseLevel", "error")
    command = node.command("prism", "proxy", str(document), upstream, *options)
    with serve(node.environment() | {"PORT": str(port)}, log=log, command=tuple(command)) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a request and with its answer; nothing is, if both are empty."""

    request: Sequence[str]
    answer: Sequence[str]


Judged = Sequence[tuple[Exchange, Verdict]]


class Referee:
    """Prism's validators at work on one document."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        if credulous := self._heard():
            raise RuntimeError(f"The referee would let anything pass as {credulous}")

    def judged(self, *files: Path) -> Judged:
        """Pair every exchange in the files with what the referee says of it."""
        verdicts = (Verdict(**said) for path in files for said in self._asked(path))
        return list(zip(traffic.read(files), verdicts, strict=True))

    def _asked(self, path: Path) -> list[dict[str, list[str]]]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        verdicts: list[dict[str, list[str]]] = self._heard()
        return verdicts

    def _heard(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The referee went away; what it said before stands above.")
        return json.loads(line)


@contextmanager
def appointed(document: Path) -> Iterator[Referee]:
    """Have a referee until the block ends."""
    command = [str(node.NODE), "referee.mjs", str(document)]
    with subprocess.Popen(
        command,
        cwd=node.TOOLS,
        env=node.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Referee(process)
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that the contract states in words, because its language of schemas cannot."""

    why: str
    operations: str
    """A pattern of operation ids."""
    fields: str
    """A pattern of the fields that the refusal names."""

    def covers(self, exchange: Exchange) -> bool:
        """Tell whether a refusal names nothing but fields of this rule."""
        if not re.fullmatch(self.operations, exchange.operation):
            return False
        return all(re.fullmatch(self.fields, detail["field"]) for detail in _details(exchange))


def _details(exchange: Exchange) -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = exchange.answered["error"]["details"]
    return details


BEYOND_SCHEMAS = (
    Rule("which parameters go together", "searchLots|dispatch.*Action", r"(parameters\.)?(lat|lng)"),
    Rule("which fields go together", "reportOccupancy", "occupied|occupied_elsewhere"),
    Rule("what time it is", "createApiKey|createQuote", "expires_at|starts_at"),
    Rule("how many decimals a currency has", "setRates|createRefund", r".*\b(rate|flat_fee|amount)"),
    Rule(
        "what is more than something else", "setRates", r"minimum_charge|bands\.\d+|steps\.\d+\.after_minutes"
    ),
    Rule("what is more than something else", "createLot", "accessible|ev_charging"),
    Rule("whose list a name stands in", "(create|update)Lot", "currency|time_zone|opening_hours"),
    Rule("what a text says", "(create|update)Lot", "name|tax_rate"),
    Rule("where the internet is public", "(create|update)Webhook", "url"),
    Rule("numbers within a text", "listLotsGeoJson", "bbox"),
    Rule("what was given out before", "listLotsGeoJson", "cursor"),
    Rule("who signed", "receiveStripeEvent", "Stripe-Signature|livemode"),
)
_UNDECLARED = "this field is not known here"


def disagreement(exchange: Exchange, verdict: Verdict) -> str | None:
    """Say where the server and the referee are of two minds about an exchange, or return None."""
    if verdict.answer:
        return f"{exchange.operation} {exchange.status}: {verdict.answer}"
    if exchange.accepted and verdict.request and not _is_reported(exchange):
        return f"{exchange.operation} accepted a request that is not as written: {verdict.request}"
    return None


def _is_reported(exchange: Exchange) -> bool:
    """Tell whether an answer lists what is wrong: a file of lots is taken whatever its rows say."""
    return exchange.operation == "importLots" and exchange.answered["import"]["error_count"] > 0


def overlooked(exchange: Exchange, verdict: Verdict) -> str | None:
    """Say what the server refused as invalid, the referee let pass, and no rule in words covers."""
    if exchange.status != REFUSED or verdict.request:
        return None
    if any(rule.covers(exchange) for rule in BEYOND_SCHEMAS) or _is_undeclared(exchange):
        return None
    return f"{exchange.operation}: {_details(exchange)}"


def _is_undeclared(exchange: Exchange) -> bool:
    """Tell whether only parameters were refused that the contract does not know: OpenAPI leaves them open."""
    names = {name for name, _ in exchange.query}
    return all(each["message"] == _UNDECLARED and each["field"] in names for each in _details(exchange))
