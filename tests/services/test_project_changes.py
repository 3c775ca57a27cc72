"""What operators change of their projects, and how far their budgets go, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from app import database
from app.domain.callers import Actor, Caller, KeyIdentity
from app.domain.errors import BadRequest, Conflict, NotFound
from app.domain.idempotency import Once
from app.domain.ids import request_id, uuid7
from app.models import AuditEntry, Project
from app.services import audit, installation, key_memory, key_readings, keys, project_changes
from app.settings import Settings
from tests.conftest import SetClock
from tests.factories import MadeKey, caller_of, make_key, make_project

CLI = Caller(actor=Actor("operator_cli", "ada"), request_id=request_id())


@pytest.fixture
def project(db: None, time: SetClock) -> Project:
    return make_project(kind="live")


@pytest.fixture
def key(project: Project) -> MadeKey:
    return make_key(project=project)


def change(project: Project, **changes: Any) -> Project:
    return project_changes.update(caller_of(project), changes).value.project


def identity(key: MadeKey) -> KeyIdentity:
    """Return what a running worker takes the key for."""
    found = key_readings.remembered(key.secret) or key_readings.read(key.secret)
    assert found is not None
    return found.identity


def log(project: Project) -> list[AuditEntry]:
    with database.reading() as db:
        return audit.entries(db, operator_id=project.operator_id)


def test_what_is_given_is_changed_and_written_down(project: Project) -> None:
    changed = change(project, name="Vail night", end_user_budget=20, budgets={"search": 100})
    assert (changed.name, changed.end_user_budget, changed.budgets) == ("Vail night", 20, {"search": 100})
    [entry] = log(project)
    assert (entry.action, entry.subject_id) == ("project.update", str(project.id))
    assert entry.diff == {
        "name": ["Vail evening", "Vail night"],
        "end_user_budget": [None, 20],
        "budgets": [{}, {"search": 100}],
    }


@pytest.mark.parametrize(
    "changes", [{}, {"name": "Vail evening"}, {"end_user_budget": None}, {"budgets": {}}]
)
def test_what_changes_nothing_is_not_written_down(project: Project, changes: dict[str, Any]) -> None:
    assert change(project, **changes).name == "Vail evening"
    assert log(project) == []


def test_a_running_worker_hears_of_it_at_once(project: Project, key: MadeKey) -> None:
    assert identity(key).end_user_budget is None
    change(project, end_user_budget=20, budgets={"search": 100})
    assert (identity(key).end_user_budget, identity(key).budgets) == (20, {"search": 100})
    change(project, end_user_budget=None, budgets={"search": None})
    assert (identity(key).end_user_budget, identity(key).budgets) == (None, {})


def test_a_choice_does_not_outlast_the_figure_that_allowed_it(
    project: Project, key: MadeKey, settings: Settings
) -> None:
    change(project, budgets={"search": 200, "rates": 50})
    installation.configure(replace(settings, budgets={"search": 60}))
    key_memory.forget()
    assert identity(key).budgets == {"search": 60, "rates": 50}
    project_changes.limit(CLI, project.id, budget="search", per_minute=100)
    assert identity(key).budgets == {"search": 100, "rates": 50}
    installation.configure(settings)


def test_a_grant_lowers_nothing_when_everybody_may_have_more(project: Project, settings: Settings) -> None:
    project_changes.limit(CLI, project.id, budget="search", per_minute=300)
    installation.configure(replace(settings, budgets={"search": 600}))
    assert project_changes.get(project.id).ceilings["search"] == 600
    installation.configure(settings)


def test_a_keys_own_budget_goes_before_its_projects(project: Project) -> None:
    raised = make_key(project=project, budgets={"search": 1000})
    change(project, budgets={"search": 100, "rates": 50})
    assert identity(raised).budgets == {"search": 1000, "rates": 50}


def test_budgets_left_out_stay_as_they_are(project: Project) -> None:
    change(project, budgets={"search": 100})
    assert change(project, budgets={"rates": 50}).budgets == {"search": 100, "rates": 50}
    assert change(project, budgets={"search": None}).budgets == {"rates": 50}


def test_a_budget_beyond_the_grant_is_refused_and_nothing_is_changed(project: Project) -> None:
    with pytest.raises(Conflict) as refusal:
        change(project, name="Greedy", budgets={"rates": 240, "search": 241})
    assert [detail.field for detail in refusal.value.details] == ["budgets.search"]
    assert "At most 240 " in refusal.value.message
    assert "developers@parkgraph.com" in refusal.value.message
    assert change(project).name == "Vail evening"


def test_what_was_granted_may_be_set_and_is_lowered_when_it_is_taken_back(
    project: Project, key: MadeKey
) -> None:
    project_changes.limit(CLI, project.id, budget="search", per_minute=1000)
    assert project_changes.get(project.id).ceilings["search"] == 1000
    assert identity(key).budgets == {}
    change(project, budgets={"search": 1000})
    assert identity(key).budgets == {"search": 1000}
    project_changes.limit(CLI, project.id, budget="search", per_minute=0)
    assert identity(key).budgets == {"search": 240}
    assert project_changes.get(project.id).ceilings["search"] == 240
    assert [entry.action for entry in log(project)] == ["project.limit", "project.update", "project.limit"]


def test_a_grant_is_more_than_everybody_has(project: Project) -> None:
    with pytest.raises(BadRequest, match="240"):
        project_changes.limit(CLI, project.id, budget="search", per_minute=100)


def test_there_is_no_grant_for_no_project(project: Project) -> None:
    with pytest.raises(NotFound):
        project_changes.limit(CLI, uuid7(), budget="search", per_minute=1000)


def test_only_a_sandbox_has_a_simulated_driver(project: Project) -> None:
    with pytest.raises(Conflict) as refusal:
        change(project, simulated_driver="absent")
    assert [detail.field for detail in refusal.value.details] == ["simulated_driver"]
    sandbox = make_project(kind="sandbox", simulated_driver="prompt")
    assert change(sandbox, simulated_driver="absent").simulated_driver == "absent"


def test_a_change_sent_twice_is_made_once(project: Project) -> None:
    caller, once = caller_of(project), Once("twice", "f" * 64)
    answers = [project_changes.update(caller, {"name": "Once"}, once=once) for _ in range(2)]
    assert [answer.replayed for answer in answers] == [False, True]
    assert [entry.action for entry in log(project)] == ["project.update"]


def test_a_name_that_is_none_is_refused(project: Project) -> None:
    with pytest.raises(BadRequest):
        change(project, name="\ud800")


def test_a_new_key_is_counted_by_its_projects_budgets(project: Project) -> None:
    change(project, budgets={"session_creation": 30})
    made = keys.create(caller_of(project), name="new", scopes=["lots:read"]).value
    assert made.text is not None
    found = key_readings.resolve(made.text)
    assert found is not None
    assert found.budgets == {"session_creation": 30}
