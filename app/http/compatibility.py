"""What the chain relies on in Connexion beyond its documentation, asserted before the first request."""

from importlib.metadata import version
from typing import Final

from connexion.middleware.abstract import ROUTING_CONTEXT
from flask import Flask

from app.contract.document import Contract

VERSION: Final = "3.3.0"
ROUTING_KEY: Final = "connexion_routing"


class Incompatible(RuntimeError):
    """Connexion is not as this chain knows it."""


def check_connexion() -> None:
    """Raise Incompatible unless this is the Connexion whose scope keys the chain fills in."""
    if version("connexion") != VERSION:
        raise Incompatible(f"Connexion is {version('connexion')}; the chain was written for {VERSION}.")
    if ROUTING_CONTEXT != ROUTING_KEY:
        raise Incompatible(f"Connexion looks for its routing under {ROUTING_CONTEXT}, not {ROUTING_KEY}.")


def check_views(flask: Flask, contract: Contract) -> None:
    """Raise Incompatible unless Flask's views of operations bear the mark by which pages are told from them.

    To be asked once Connexion has put its chain together.
    """
    marks = {getattr(view, "operation_id", None) for view in flask.view_functions.values()}
    if missing := contract.operations.keys() - marks:
        raise Incompatible(f"Connexion has no marked view for {', '.join(sorted(missing))}.")
