"""The secrets that sign events: encrypted in the database, by a key that stands in a file beside it.

Whoever reads a dump of the database can sign nothing. A secret has to be read again for each event, so a hash
of it would not do.
"""

from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from app.services import installation, private_files


class WebhookKeyError(RuntimeError):
    """The file with the key is none, may be read by others, or is not the one that encrypted a secret."""


def seal(secret: str) -> str:
    """Encrypt a secret; raise WebhookKeyError."""
    return _key().encrypt(secret.encode("ascii")).decode("ascii")


def unseal(sealed: str) -> str:
    """Decrypt a secret; raise WebhookKeyError where another key encrypted it."""
    try:
        return _key().decrypt(sealed).decode("ascii")
    except InvalidToken:
        path = installation.settings().webhook_key_path
        raise WebhookKeyError(f"{path} is not the key that this secret was encrypted with.") from None


def _key() -> Fernet:
    path = installation.settings().webhook_key_path
    if not path.exists():
        private_files.make(path, Fernet.generate_key())
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, _changed_at: int) -> Fernet:
    if private_files.may_be_read_by_others(path):
        raise WebhookKeyError(f"{path} may be read by others. Make it private with: chmod 600 {path}")
    try:
        return Fernet(path.read_bytes().strip())
    except ValueError:
        raise WebhookKeyError(f"{path} holds no key of webhooks.") from None
