"""What is signed, when, and with which key; on both databases."""

import stat
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from app import database
from app.domain.seals import AuditKeyError
from app.models import AuditCheckpoint, Operator
from app.services import audit_checkpoints, audit_keys, audit_seals
from app.settings import Settings
from tests.conftest import SetClock
from tests.factories import make_operator
from tests.services.audited import kinds, past_the_guards, verify, write

pytestmark = pytest.mark.usefixtures("db", "time")


def numbers() -> Sequence[int]:
    with database.reading() as db:
        return db.scalars(select(AuditCheckpoint.number).order_by(AuditCheckpoint.number)).all()


def write_and_seal(operator: Operator, number: int = 1) -> None:
    write(operator, number)
    audit_seals.seal_all()


def test_a_chain_is_signed_when_it_grew_and_at_most_every_hour(time: SetClock) -> None:
    operator = make_operator()
    assert audit_checkpoints.sign_due() == 0
    write_and_seal(operator, 3)
    assert (audit_checkpoints.sign_due(), audit_checkpoints.sign_due()) == (1, 0)
    time.move(minutes=59)
    write_and_seal(operator)
    assert audit_checkpoints.sign_due() == 0
    time.move(minutes=1)
    assert (audit_checkpoints.sign_due(), audit_checkpoints.sign_due()) == (1, 0)
    time.move(hours=9)
    assert audit_checkpoints.sign_due() == 0
    assert numbers() == [3, 4]


def test_a_checkpoint_that_is_asked_for_waits_for_no_hour() -> None:
    operator = make_operator()
    write_and_seal(operator)
    audit_checkpoints.sign_due()
    write_and_seal(operator)
    assert (audit_checkpoints.sign(), audit_checkpoints.sign()) == (1, 0)
    assert [each.number for each in audit_checkpoints.latest()] == [2]
    assert [each.number for each in audit_checkpoints.every(operator.id)] == [1, 2]


def test_a_chain_that_contradicts_its_checkpoint_is_not_signed_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    operator = make_operator()
    write_and_seal(operator)
    audit_checkpoints.sign()
    past_the_guards("UPDATE audit_seals SET hash = :other", other="0" * 64)
    write_and_seal(operator)
    assert audit_checkpoints.sign() == 0
    assert f"The audit log of operator {operator.id} is not what was signed" in caplog.text


# The key


def test_the_key_is_made_at_first_use_for_its_owners_eyes_only(settings: Settings) -> None:
    assert not settings.audit_key_path.exists()
    key = audit_keys.signing_key()
    assert stat.S_IMODE(settings.audit_key_path.stat().st_mode) == 0o600
    assert audit_keys.signing_key().id == key.id
    assert list(audit_keys.public_keys()) == [key.id]
    assert sorted(path.name for path in settings.audit_key_path.parent.glob("*audit*")) == [
        "audit-key.pem",
        "audit-public-keys",
    ]


def test_processes_that_make_the_key_at_once_agree_on_one() -> None:
    start_line = threading.Barrier(8)
    made: set[str] = set()

    def make() -> None:
        start_line.wait()
        made.add(audit_keys.signing_key().id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert set(audit_keys.public_keys()) == made


def test_what_a_former_key_signed_still_verifies(settings: Settings) -> None:
    operator = make_operator()
    for _ in range(2):
        write_and_seal(operator)
        audit_checkpoints.sign()
        settings.audit_key_path.unlink()
    assert kinds() == []
    assert sorted(verify()[0].signed_by.values()) == [1, 1]


def test_a_key_that_others_may_read_is_refused(settings: Settings) -> None:
    audit_keys.signing_key()
    settings.audit_key_path.chmod(0o640)
    with pytest.raises(AuditKeyError, match="chmod 600"):
        audit_keys.signing_key()


@pytest.mark.parametrize(
    "content", ["", "nothing", "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----"]
)
def test_a_file_that_holds_no_key_is_refused_by_name(settings: Settings, content: str) -> None:
    audit_keys.signing_key()
    settings.audit_key_path.write_text(content)
    with pytest.raises(AuditKeyError, match="holds no Ed25519 private key"):
        audit_keys.signing_key()
    [public] = (settings.audit_key_path.parent / audit_keys.PUBLIC_KEYS).iterdir()
    Path(public).write_text(content)
    with pytest.raises(AuditKeyError, match="holds no Ed25519 public key"):
        audit_keys.public_keys()
