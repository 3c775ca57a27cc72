"""Secrets of webhooks rest encrypted, and the key to them lies in a file that is nobody else's business."""

import stat

import pytest
from cryptography.fernet import Fernet

from app.services import webhook_secrets
from app.services.webhook_secrets import WebhookKeyError
from app.settings import Settings

pytestmark = pytest.mark.usefixtures("services")
SECRET = "whsec_c3ludGhldGlj"


def test_a_secret_comes_back_and_is_not_to_be_seen_meanwhile() -> None:
    sealed = webhook_secrets.seal(SECRET)
    assert "c3ludGhldGlj" not in sealed
    assert sealed != webhook_secrets.seal(SECRET)
    assert webhook_secrets.unseal(sealed) == SECRET
    assert len(sealed) <= 300


def test_the_key_is_made_once_and_only_its_owner_may_read_it(settings: Settings) -> None:
    sealed = webhook_secrets.seal(SECRET)
    assert stat.S_IMODE(settings.webhook_key_path.stat().st_mode) == 0o600
    before = settings.webhook_key_path.read_bytes()
    webhook_secrets.seal(SECRET)
    assert settings.webhook_key_path.read_bytes() == before
    assert webhook_secrets.unseal(sealed) == SECRET


def test_a_key_that_others_may_read_is_refused(settings: Settings) -> None:
    webhook_secrets.seal(SECRET)
    settings.webhook_key_path.chmod(0o644)
    webhook_secrets._read.cache_clear()
    with pytest.raises(WebhookKeyError, match="chmod 600"):
        webhook_secrets.seal(SECRET)


def test_another_key_opens_nothing(settings: Settings) -> None:
    sealed = webhook_secrets.seal(SECRET)
    settings.webhook_key_path.write_bytes(Fernet.generate_key())
    webhook_secrets._read.cache_clear()
    with pytest.raises(WebhookKeyError, match="is not the key"):
        webhook_secrets.unseal(sealed)


def test_what_is_no_key_is_refused(settings: Settings) -> None:
    settings.webhook_key_path.touch(mode=0o600)
    with pytest.raises(WebhookKeyError, match="holds no key"):
        webhook_secrets.seal(SECRET)
