"""The keys that sign checkpoints of the audit log: one private, and the public halves of all there ever were.

    audit-key.pem                   the private key, for its owner's eyes only; made at first use
    audit-public-keys/KEY_ID.pem    public keys; those of former keys and of other machines belong here too

A key's id is the SHA-256 of its 32 public bytes. To sign with a new key, move the private one away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.domain.seals import AuditKeyError
from app.services import installation, private_files

PUBLIC_KEYS = "audit-public-keys"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs now."""

    id: str
    _private: Ed25519PrivateKey

    def sign(self, words: bytes) -> str:
        """Return the signature in hexadecimal digits."""
        return self._private.sign(words).hex()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with."""

    id: str
    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> "PublicKey":
        """Name a key of 32 bytes."""
        return cls(sha256(raw).hexdigest(), raw)

    def has_signed(self, words: bytes, signature: str) -> bool:
        """Tell whether a signature is this key's; only lower-case hexadecimal digits are one."""
        try:
            binary = bytes.fromhex(signature)
            Ed25519PublicKey.from_public_bytes(self.raw).verify(binary, words)
        except (ValueError, InvalidSignature):
            return False
        return binary.hex() == signature


def signing_key() -> SigningKey:
    """Read the private key, or make one; raise AuditKeyError where it is none, or others may read it."""
    path = installation.settings().audit_key_path
    if not path.exists():
        _make(path)
    _require_privacy(path)
    private = _private(path)
    public = PublicKey.of(private.public_key().public_bytes_raw())
    _keep_public(path.parent / PUBLIC_KEYS, public)
    return SigningKey(public.id, private)


def public_keys() -> Mapping[str, PublicKey]:
    """Return every public key that is kept beside the private one, by id; raise AuditKeyError."""
    folder = installation.settings().audit_key_path.parent / PUBLIC_KEYS
    keys = [_public(path) for path in sorted(folder.glob("*.pem"))]
    return {key.id: key for key in keys}


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private_files.make(path, pem)


def _require_privacy(path: Path) -> None:
    if private_files.may_be_read_by_others(path):
        raise AuditKeyError(f"{path} may be read by others. Make it private with: chmod 600 {path}")


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditKeyError(f"{path} holds no Ed25519 private key in PEM.")
    return key


def _public(path: Path) -> PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise AuditKeyError(f"{path} holds no Ed25519 public key in PEM.")
    return PublicKey.of(key.public_bytes_raw())


def _keep_public(folder: Path, key: PublicKey) -> None:
    path = folder / f"{key.id}.pem"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    public = Ed25519PublicKey.from_public_bytes(key.raw)
    part = folder / f"{key.id}.{token_hex(4)}.part"
    part.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    part.replace(path)
