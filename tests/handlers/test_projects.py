"""What updateProject answers, by the contract."""

import pytest

from app.domain.idempotency import Once
from app.services import project_budgets
from handlers import projects
from tests.conftest import SetClock
from tests.factories import caller_of, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db")


def test_an_empty_change_shows_the_project(time: SetClock) -> None:
    project = make_project(kind="live")
    answer = projects.update_project(caller_of(project), {})
    shown = require_documented("updateProject", answer)["project"]
    assert answer[1:] == (200, {})
    assert shown == {
        "id": str(project.id),
        "name": "Vail evening",
        "kind": "live",
        "plan": "growth",
        "budgets": {},
        "granted_budgets": project_budgets.figures(),
        "created_at": "2026-11-22T18:30:00Z",
    }


def test_a_sandbox_shows_its_driver_and_its_budgets(time: SetClock) -> None:
    caller = caller_of(make_project(simulated_driver="prompt"))
    wanted = {"simulated_driver": "absent", "end_user_budget": 20, "budgets": {"sandbox_agent": 10}}
    once = Once("vail", "f" * 64)
    shown = require_documented("updateProject", projects.update_project(caller, wanted, once))["project"]
    assert {name: shown[name] for name in wanted} == wanted
    assert projects.update_project(caller, wanted, once)[2] == {"Idempotent-Replayed": "true"}
