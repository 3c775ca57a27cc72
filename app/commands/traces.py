"""parkgraph trace: what one request was and did."""

import json
import re
import time
from typing import Final

import click

from app.commands import installation
from app.domain.traces import Trace
from app.presenters import traces as presenter
from app.services import traces

REQUEST_ID = re.compile("req_[0-9a-f]{32}")
STORED_WITHIN_SECONDS: Final = 3.0
"""A server stores what it answered within two, one that is busy a little later."""
_PAUSE_SECONDS: Final = 0.2


@click.command()
@click.argument("request_id", metavar="REQUEST_ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def trace(request_id: str, as_json: bool) -> None:
    """Print what a request was and did: who, what, status, time, calls to the payment processor.

    REQUEST_ID is the X-Request-Id of an answer, or the request_id of an error: req_ and 32 digits.
    """
    if not REQUEST_ID.fullmatch(request_id):
        raise click.ClickException(f"{request_id} is no request id; it is req_ and 32 hexadecimal digits.")
    installation.connect()
    found = _found(request_id)
    if found is None:
        raise click.ClickException(f"There is no trace of {request_id}.")
    facts = presenter.present(found)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        for part in value if isinstance(value, list) else [value]:
            click.echo(f"{name:<15} {_line(part)}")


def _found(request_id: str) -> Trace | None:
    """Look for a trace until that of a request just answered would be there."""
    end = time.monotonic() + STORED_WITHIN_SECONDS
    while (found := traces.find(request_id)) is None and time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)
    return found


def _line(part: object) -> str:
    if isinstance(part, dict):
        return ", ".join(f"{name} {value}" for name, value in part.items())
    return str(part)
