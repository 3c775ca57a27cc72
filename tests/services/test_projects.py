"""Operators and their projects, on both databases."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app import database
from app.domain.callers import Actor, Caller
from app.domain.errors import BadRequest, Conflict, NotFound, Unauthorized
from app.domain.ids import request_id
from app.models import Operator, Project
from app.services import audit, operators, projects
from tests.conftest import EVENING
from tests.factories import anyone, make_operator, make_project

pytestmark = pytest.mark.usefixtures("db", "time")


def at_the_command_line() -> Caller:
    return Caller(actor=Actor("operator_cli", "ada"), request_id=request_id())


def stored(project: Project) -> Project:
    with database.reading() as db:
        return db.get_one(Project, project.id)


def actions(operator: Operator) -> list[str]:
    with database.reading() as db:
        return [entry.action for entry in audit.entries(db, operator_id=operator.id)]


def test_an_operator_and_its_projects_are_made_and_written_down() -> None:
    operator = operators.create(at_the_command_line(), name="Vail Parking", plan="enterprise")
    project = projects.create(at_the_command_line(), operator_id=operator.id, name="Shop", kind="live")
    found = projects.get(project.id)
    assert (found.operator_id, found.kind, found.plan) == (operator.id, "live", "enterprise")
    assert actions(operator) == ["operator.create", "project.create"]


def test_a_project_needs_an_operator() -> None:
    with pytest.raises(NotFound):
        projects.create(at_the_command_line(), operator_id=uuid4(), name="Shop", kind="live")


def test_a_sandboxs_simulated_driver_is_prompt_unless_told_otherwise_and_a_live_project_has_none() -> None:
    operator = make_operator()
    made = {
        kind: projects.create(at_the_command_line(), operator_id=operator.id, name="x", kind=kind)  # type: ignore[arg-type]  # of the two kinds
        for kind in ("sandbox", "live")
    }
    assert made["sandbox"].simulated_driver == "prompt"
    assert made["live"].simulated_driver is None


def test_a_projects_time_is_real_time_and_what_its_clock_was_moved() -> None:
    live, ahead = make_project(kind="live"), make_project(clock_runs_ahead=timedelta(seconds=14_472))
    with database.reading() as db:
        assert projects.now(db, live.id) == EVENING
        assert projects.now(db, ahead.id) == EVENING + timedelta(seconds=14_472)
        with pytest.raises(NotFound):
            projects.now(db, uuid4())


def test_a_project_changes_in_what_is_given_and_nothing_else() -> None:
    operator = make_operator()
    project = make_project(operator=operator, simulated_driver="prompt")
    projects.change(at_the_command_line(), project.id, simulated_driver="absent")
    projects.change(at_the_command_line(), project.id, end_user_budget=20)
    changed = stored(project)
    assert (changed.name, changed.simulated_driver, changed.end_user_budget) == ("Vail evening", "absent", 20)
    assert actions(operator) == ["project.change", "project.change"]


def test_an_operator_can_opt_out_of_budgets_per_end_user() -> None:
    project = make_project(end_user_budget=20)
    projects.change(at_the_command_line(), project.id, end_user_budget=0)
    assert stored(project).end_user_budget is None


def test_a_live_project_takes_no_simulated_driver() -> None:
    project = make_project(kind="live")
    with pytest.raises(Conflict) as refusal:
        projects.change(at_the_command_line(), project.id, simulated_driver="absent")
    assert refusal.value.details[0].field == "simulated_driver"


def test_a_project_that_is_not_there_cannot_be_found_or_changed() -> None:
    with pytest.raises(NotFound):
        projects.get(uuid4())
    with pytest.raises(NotFound):
        projects.change(at_the_command_line(), uuid4(), name="x")


def test_nobody_acts_for_no_project() -> None:
    with pytest.raises(Unauthorized):
        projects.of(anyone())


@pytest.mark.parametrize("name", ["", "Vail\nParking", "a" * 101])
def test_what_the_contract_forbids_is_no_name_here_either(name: str) -> None:
    caller, operator, project = at_the_command_line(), make_operator(), make_project()
    with pytest.raises(BadRequest, match=r"^name: "):
        operators.create(caller, name=name, plan="growth")
    with pytest.raises(BadRequest, match=r"^name: "):
        projects.create(caller, operator_id=operator.id, name=name, kind="live")
    with pytest.raises(BadRequest, match=r"^name: "):
        projects.change(caller, project.id, name=name)
    assert stored(project).name == "Vail evening"
    assert actions(operator) == []
