"""What health and readiness answer, by the contract."""

import pytest

from app.domain.errors import ServiceUnavailable
from app.services import installation
from app.services import status as readiness
from app.settings import Settings
from handlers import status
from tests.handlers.contract import require_documented


def test_a_process_that_runs_is_healthy() -> None:
    assert require_documented("getHealth", status.get_health()) == {"status": "ok"}


def test_a_server_that_can_do_its_work_is_ready(db: None) -> None:
    assert require_documented("getReadiness", status.get_readiness()) == {"status": "ok"}


def test_a_server_whose_worker_never_went_round_is_not_ready(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_beat_at", None)  # whatever an earlier test's worker did
    installation.configure(Settings(home=settings.home, embedded_worker=True))
    with pytest.raises(ServiceUnavailable):
        status.get_readiness()
