"""Where an event may be sent: which addresses of the web are taken, and which of the network are reached.

A receiver is named by whoever holds a key, so its address must lead out of our own network and nowhere else.
It is looked at twice: the text when it is given, and every network address that its name stands for when it
is connected to. Whatever is not known to be public is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

from app.domain.callers import ProjectKind
from app.domain.errors import BadRequest

FIELD = "url"
LONGEST = 1_000
"""Characters of an address."""

Scheme = Literal["http", "https"]

_LAST_PORT = 65_535
_PORTS: dict[str, frozenset[int]] = {"https": frozenset({443, 8443}), "http": frozenset({80, 8080})}
_DEFAULT_PORTS: dict[str, int] = {"https": 443, "http": 80}
_LONGEST_NAME = 253

# What is not written here is no part of an address that we take: user names, fragments, backslashes, percent
# signs and brackets in a host, control characters, spaces, letters beyond ASCII (a name in them has a form in
# ASCII, `xn--…`).
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<resource>[/?][A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?"
)
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK = frozenset({IPv4Address("127.0.0.1"), IPv6Address("::1")})
_NOT_OF_THE_INTERNET = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "onion",
    "alt",
)
"""Names that are never public, whatever a resolver says of them (RFC 6761, 6762, 8375, 9476, and customs)."""

_NOT_PUBLIC_V4 = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("192.175.48.0/24"),
)
"""What the registry of special addresses holds beyond Python's own list, which differs by version."""
_GLOBAL_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, ORCHID, benchmarking and others of the IETF's own
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address is inside
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far events of a project may go beyond https to the public internet."""

    plaintext: bool = False
    """Whether http is taken, too."""
    own_machine: bool = False
    """Whether the machine itself is taken, at any port."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was taken, in its parts."""

    scheme: Scheme
    host: str
    """A name or an address, without brackets, in lower case."""
    port: int
    resource: str
    """Path and query, as the request's first line names them."""

    @property
    def is_own_machine(self) -> bool:
        """Tell whether this is the machine itself."""
        return self.host in _OWN_MACHINE

    @property
    def authority(self) -> str:
        """Return what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def reach_of(kind: ProjectKind, *, own_machine: bool) -> Reach:
    """Say how far a project's events may go; `own_machine` is the installation's setting."""
    is_sandbox = kind == "sandbox"
    return Reach(plaintext=is_sandbox, own_machine=is_sandbox and own_machine)


def parse(url: str, reach: Reach) -> Target:
    """Take an address apart; raise BadRequest with the reason why none like it is sent to."""
    found = _ADDRESS.fullmatch(url) if len(url) <= LONGEST else None
    if found is None:
        raise _refused("Send https:// with a host and a path, without user name or fragment, in ASCII.")
    scheme: Scheme = "https" if found["scheme"] == "https" else "http"
    host = found["host"].strip("[]").lower()
    target = Target(
        scheme=scheme,
        host=host,
        port=int(found["port"] or _DEFAULT_PORTS[scheme]),
        resource=_resource(found["resource"] or "/"),
    )
    if reach.own_machine and target.is_own_machine:
        _require_port(target, 0 < target.port <= _LAST_PORT)
        return target
    if scheme == "http" and not reach.plaintext:
        raise _refused("Events of a live project are sent to https:// only.")
    _require_port(target, target.port in _PORTS[scheme])
    _require_public_host(host, is_bracketed=found["host"].startswith("["))
    return target


def may_connect(target: Target, addresses: Sequence[str]) -> bool:
    """Tell whether all network addresses of a target may be connected to; of none, none may."""
    if target.is_own_machine:
        return bool(addresses) and all(_is_loopback(address) for address in addresses)
    return bool(addresses) and all(is_public(address) for address in addresses)


def is_public(address: str) -> bool:
    """Tell whether a network address is one of the public internet, and leads nowhere else from there."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False  # with a zone (`fe80::1%eth0`) or no address at all
    if isinstance(parsed, IPv6Address):
        # Only what is given out by now: so no IPv4 address comes in disguise (mapped, NAT64, compatible).
        given_out = parsed in _GLOBAL_V6 and not any(parsed in network for network in _NOT_PUBLIC_V6)
        return given_out and parsed.scope_id is None and parsed.is_global
    special = parsed.is_multicast or parsed.is_reserved or any(parsed in each for each in _NOT_PUBLIC_V4)
    return parsed.is_global and not special


def _resource(text: str) -> str:
    return text if text.startswith("/") else f"/{text}"


def _require_port(target: Target, taken: bool) -> None:
    if not taken:
        ports = " or ".join(map(str, sorted(_PORTS[target.scheme])))
        raise _refused(f"Events are sent to port {ports} of {target.scheme}.")


def _require_public_host(host: str, *, is_bracketed: bool) -> None:
    if is_bracketed or _ends_in_a_number(host):
        # Decimal, octal and hexadecimal ways to write an address are no address here, and so not public.
        if not is_public(host):
            raise _refused("Events are sent to public addresses only.")
        return
    labels = host.split(".")
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("This host is not a name of the internet.")
    if len(labels) == 1 or not labels[-1][0].isalpha() or labels[-1] in _NOT_OF_THE_INTERNET:
        raise _refused("Events are sent to names of the public internet only.")


def _ends_in_a_number(host: str) -> bool:
    """Tell whether programs would read a host as an IPv4 address (WHATWG URL, "ends in a number")."""
    return _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]) is not None


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address) in _LOOPBACK
    except ValueError:
        return False


def _refused(message: str) -> BadRequest:
    return BadRequest.of(FIELD, message)
