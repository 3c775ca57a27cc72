"""API keys: which world a request acts in, and with what rights. No key of real money is ever taken."""

import base64
import binascii
import re
from dataclasses import dataclass

from stripe_sandbox.refusals import Refusal
from stripe_sandbox.worlds import check_name

_KEY = re.compile(r"(sk|pk)_test_embedded_([A-Za-z0-9_-]{1,64})")
_OF_REAL_MONEY = "_live_"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: the account of a world, or (publishable) a browser on its behalf."""

    world: str
    publishable: bool


def secret_key(world: str) -> str:
    """Return the secret key of a world; raise BadWorldName."""
    return f"sk_test_embedded_{check_name(world)}"


def publishable_key(world: str) -> str:
    """Return the key that a browser may hold; raise BadWorldName."""
    return f"pk_test_embedded_{check_name(world)}"


def identify(authorization: str) -> Caller:
    """Read an Authorization header, Bearer or Basic; refuse with 401 whatever is no key of the sandbox."""
    key = _key_in(authorization)
    if not key:
        raise _unauthorized("You did not provide an API key.")
    if _OF_REAL_MONEY in key:
        raise _unauthorized(
            "This is the Park Graph payment sandbox: no money moves, and no live key is taken."
        )
    told = _KEY.fullmatch(key)
    if not told:
        raise _unauthorized("Invalid API Key provided: the payment sandbox takes sk_test_embedded_… only.")
    return Caller(world=told[2], publishable=told[1] == "pk")


def _key_in(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _unauthorized(message: str) -> Refusal:
    return Refusal(message, status=401)
