"""Everything that an installation may decide, read once from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from app.domain import emails
from app.domain.mail_relays import WANTED, Relay

CANONICAL_URL = "https://parkgraph.com"
"""What stands in every published form until PARKGRAPH_PUBLIC_URL replaces it."""

NO_REPLY = "no-reply@parkgraph.com"

LAST_PORT = 65535
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

PREFIX = "PARKGRAPH_"
BUDGET_PREFIX = f"{PREFIX}BUDGET_"

SandboxPayments = Literal["embedded", "stripe-test"]
LivePayments = Literal["off", "stripe-live", "embedded"]

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off", ""}


_SCRIPT_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._/-]+")
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+/?")


class SettingsError(ValueError):
    """A setting has a value that the server can't run with."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one installation; every field has a `PARKGRAPH_…` variable of its name."""

    home: Path = Path("var")
    """Where files of ours live: database, embedded processor, spool, sandbox.json."""
    database_url: str = "sqlite:///var/parkgraph.sqlite3"
    redis_url: str | None = None
    """Where budgets are shared between workers; without it each process counts its part."""
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = CANONICAL_URL
    pages_url: str = CANONICAL_URL
    """Where drivers reach the receipt pages; the public URL, unless `parkgraph run` says otherwise."""
    public_project: UUID | None = None
    """The sandbox project whose lots anonymous readers see; without it they see live lots."""
    mcp_origins: tuple[str, ...] = ()
    """Web pages beside our own that may call tools over MCP, as browsers name their origin."""
    require_tls: bool = False
    trusted_proxies: tuple[str, ...] = ()
    threads: int = 16
    """Requests worked on at once by one worker; also what the database pool is sized by."""
    workers: int = 1
    """Processes that serve side by side; without Redis each has its part of every budget."""
    embedded_worker: bool = False
    sweep_seconds: float = 15.0
    grace_minutes: int = 10
    payments_sandbox: SandboxPayments = "embedded"
    payments_live: LivePayments = "off"
    stripe_test_secret: str | None = None
    stripe_live_secret: str | None = None
    stripe_test_publishable_key: str | None = None
    """What browsers hold when they pay in Stripe's test mode; without it receipts take no cards there."""
    stripe_live_publishable_key: str | None = None
    stripe_js_url: str | None = None
    """Stripe's script on receipts, where it is not Stripe's own of our version of the API."""
    stripe_webhook_secrets: tuple[str, ...] = ()
    processor_path: Path = Path("var/processor.sqlite3")
    audit_key_path: Path = Path("var/audit-key.pem")
    """What signs the audit log's checkpoints; made at first use, with its public half beside it."""
    webhook_key_path: Path = Path("var/webhook-key")
    """What encrypts the secrets of webhooks in the database; made at first use."""
    webhooks_to_loopback: bool = False
    """Whether sandboxes may send events to this machine."""
    smtp_url: str | None = field(default=None, repr=False)
    """Where mail to drivers of live projects is handed over; without it, and for sandboxes, it is files."""
    mail_from: str = NO_REPLY
    budgets: Mapping[str, int] = field(default_factory=dict)
    """Budgets that differ from the contract's, by name, in requests per minute."""
    log_level: str = "INFO"

    @property
    def spool_path(self) -> Path:
        """Return where traces and agents' calls wait while the database is away."""
        return self.home / "spool"

    @property
    def outbox_path(self) -> Path:
        """Return where mails are kept as files that are not handed to a relay."""
        return self.home / "outbox"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's); raise SettingsError naming the variable."""
    read = _Reader(os.environ if environ is None else environ)
    read.refuse_unknown()
    home = Path(read.text("HOME", "var"))
    public_url = read.web_address("PUBLIC_URL", CANONICAL_URL)
    return Settings(
        home=home,
        database_url=read.database_url(f"sqlite:///{home / 'parkgraph.sqlite3'}"),
        redis_url=read.redis_url(),
        host=read.text("HOST", "127.0.0.1"),
        port=read.port(),
        public_url=public_url,
        pages_url=read.web_address("PAGES_URL", public_url),
        public_project=read.uuid("PUBLIC_PROJECT"),
        mcp_origins=read.origins("MCP_ORIGINS"),
        require_tls=read.flag("REQUIRE_TLS"),
        trusted_proxies=read.proxies(),
        threads=read.whole("THREADS", 16, at_least=3),
        workers=read.whole("WORKERS", 1, at_least=1),
        embedded_worker=read.flag("EMBEDDED_WORKER"),
        sweep_seconds=float(read.whole("SWEEP_SECONDS", 15, at_least=1)),
        grace_minutes=read.whole("GRACE_MINUTES", 10, at_least=1),
        payments_sandbox=read.sandbox_payments(),
        payments_live=read.live_payments(),
        stripe_test_secret=read.optional("STRIPE_TEST_SECRET"),
        stripe_live_secret=read.optional("STRIPE_LIVE_SECRET"),
        stripe_test_publishable_key=read.publishable_key("STRIPE_TEST_PUBLISHABLE_KEY", "pk_test_"),
        stripe_live_publishable_key=read.publishable_key("STRIPE_LIVE_PUBLISHABLE_KEY", "pk_live_"),
        stripe_js_url=read.script_address("STRIPE_JS_URL"),
        stripe_webhook_secrets=read.webhook_secrets(),
        processor_path=Path(read.text("PROCESSOR_PATH", str(home / "processor.sqlite3"))),
        audit_key_path=Path(read.text("AUDIT_KEY_PATH", str(home / "audit-key.pem"))),
        webhook_key_path=Path(read.text("WEBHOOK_KEY_PATH", str(home / "webhook-key"))),
        webhooks_to_loopback=read.flag("WEBHOOKS_TO_LOOPBACK"),
        smtp_url=read.smtp_url(),
        mail_from=read.mail_from(),
        budgets=read.budgets(),
        log_level=read.log_level(),
    )


class _Reader:
    """Turn variables into values, or say which one is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def optional(self, name: str) -> str | None:
        return self.environ.get(PREFIX + name) or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name, "").split(",") if word.strip())

    def flag(self, name: str) -> bool:
        value = self.text(name, "").lower()
        if value not in _YES | _NO:
            raise SettingsError(f"{PREFIX}{name} is {value!r}; say 1 or 0.")
        return value in _YES

    def whole(self, name: str, default: int, *, at_least: int) -> int:
        return _whole(PREFIX + name, self.text(name, str(default)), at_least=at_least)

    def port(self) -> int:
        port = _whole("PORT", self.environ.get("PORT") or self.text("PORT", "8080"), at_least=0)
        if port > LAST_PORT:
            raise SettingsError(f"PORT is {port}; ports end at 65535.")
        return port

    def uuid(self, name: str) -> UUID | None:
        value = self.optional(name)
        try:
            return UUID(value) if value else None
        except ValueError:
            raise SettingsError(f"{PREFIX}{name} is {value!r}; it must be a project's id.") from None

    def refuse_unknown(self) -> None:
        """Refuse a variable that means nothing: it is misspelt, and its setting would stay as it was."""
        known = [f"{PREFIX}{each.name.upper()}" for each in fields(Settings) if each.name != "budgets"]
        ours = (name for name in self.environ if name.startswith(PREFIX))
        unknown = sorted(name for name in ours if name not in known and not name.startswith(BUDGET_PREFIX))
        if unknown:
            raise SettingsError(f"{unknown[0]} is no setting; {_meant(unknown[0], known)}")

    def web_address(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if not _is_web_address(value):
            example = "https://parking.example"
            raise SettingsError(f"{PREFIX}{name} is {value!r}; it must be an address such as {example}.")
        return value.rstrip("/")

    def origins(self, name: str) -> tuple[str, ...]:
        found = self.words(name)
        for word in found:
            if not _is_web_address(word) or urlsplit(word).path:
                wanted = "origins as browsers name them, such as https://agents.example"
                raise SettingsError(f"{PREFIX}{name} has {word!r}; say {wanted}.")
        return found

    def proxies(self) -> tuple[str, ...]:
        found = self.words("TRUSTED_PROXIES")
        for word in found:
            if word != "*" and not _is_network(word):
                wanted = "IP addresses, networks such as 10.0.0.0/8, or *"
                raise SettingsError(f"{PREFIX}TRUSTED_PROXIES has {word!r}; say {wanted}.")
        return found

    def webhook_secrets(self) -> tuple[str, ...]:
        secrets = self.words("STRIPE_WEBHOOK_SECRETS")
        if not all(secret.startswith("whsec_") for secret in secrets):
            raise SettingsError(f"{PREFIX}STRIPE_WEBHOOK_SECRETS: every secret must begin with whsec_.")
        return secrets

    def publishable_key(self, name: str, prefix: str) -> str | None:
        value = self.optional(name)
        if value is not None and not re.fullmatch(rf"{prefix}[A-Za-z0-9_]+", value):
            # Not quoted: a secret key may have been put in its place.
            raise SettingsError(f"{PREFIX}{name} must begin with {prefix}.")
        return value

    def script_address(self, name: str) -> str | None:
        value = self.optional(name)
        if value is not None and not _SCRIPT_ADDRESS.fullmatch(value):
            example = "https://js.stripe.com/endive/stripe.js"
            raise SettingsError(f"{PREFIX}{name} is {value!r}; it must be an address such as {example}.")
        return value

    def database_url(self, default: str) -> str:
        value = self.text("DATABASE_URL", default)
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            # The value may hold a password, so it is not quoted.
            raise SettingsError(f"{PREFIX}DATABASE_URL must begin with sqlite:/// or postgresql://.")
        return value

    def redis_url(self) -> str | None:
        value = self.optional("REDIS_URL")
        if value is not None and not value.startswith(("redis://", "rediss://", "redis+unix://")):
            raise SettingsError(f"{PREFIX}REDIS_URL must begin with redis://, rediss:// or redis+unix://.")
        return value

    def smtp_url(self) -> str | None:
        value = self.optional("SMTP_URL")
        if value is None:
            return None
        try:
            Relay.read(value)
        except ValueError:  # the value may hold a password, so it is not quoted
            raise SettingsError(f"{PREFIX}SMTP_URL is no mail relay; say {WANTED}.") from None
        if self.optional("MAIL_FROM") is None:
            raise SettingsError(
                f"{PREFIX}SMTP_URL needs {PREFIX}MAIL_FROM: the address that mail comes from."
            )
        return value

    def mail_from(self) -> str:
        value = self.text("MAIL_FROM", NO_REPLY)
        if not value.isascii() or not emails.is_email(value):
            raise SettingsError(f"{PREFIX}MAIL_FROM is {value!r}; it must be an email address in ASCII.")
        return value

    def log_level(self) -> str:
        level = self.text("LOG_LEVEL", "INFO").upper()
        if level not in LOG_LEVELS:
            raise SettingsError(f"{PREFIX}LOG_LEVEL is {level!r}; say one of {', '.join(LOG_LEVELS)}.")
        return level

    def sandbox_payments(self) -> SandboxPayments:
        match self.text("PAYMENTS_SANDBOX", "embedded"):
            case "embedded":
                return "embedded"
            case "stripe-test":
                return "stripe-test"
            case other:
                raise SettingsError(f"{PREFIX}PAYMENTS_SANDBOX is {other!r}; say embedded or stripe-test.")

    def live_payments(self) -> LivePayments:
        match self.text("PAYMENTS_LIVE", "off"):
            case "off":
                return "off"
            case "stripe-live":
                return "stripe-live"
            case "embedded":
                return "embedded"
            case other:
                choices = "off, stripe-live or embedded"
                raise SettingsError(f"{PREFIX}PAYMENTS_LIVE is {other!r}; say {choices}.")

    def budgets(self) -> dict[str, int]:
        names = (name for name in self.environ if name.startswith(BUDGET_PREFIX))
        return {
            name.removeprefix(BUDGET_PREFIX).lower(): _whole(name, self.environ[name], at_least=1)
            for name in names
        }


def _meant(unknown: str, known: list[str]) -> str:
    """Say which setting a misspelt one was to be, or which there are."""
    names = {name.removeprefix(PREFIX): name for name in known}  # all begin alike
    if close := get_close_matches(unknown.removeprefix(PREFIX), names, n=1):
        return f"did you mean {names[close[0]]}?"
    return f"there are {', '.join(known)}, {BUDGET_PREFIX}…."


def _is_web_address(value: str) -> bool:
    """Tell whether a value is a scheme and a host, perhaps a port, and nothing behind them."""
    try:
        parts = urlsplit(value)
        return bool(_WEB_ADDRESS.fullmatch(value) and parts.hostname and parts.port != 0)
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _is_network(word: str) -> bool:
    try:
        ip_network(word)
    except ValueError:
        return False
    return True


def _whole(name: str, value: str, *, at_least: int) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < at_least:
        raise SettingsError(f"{name} is {value!r}; it must be a whole number from {at_least} on.")
    return int(value)
