"""parkgraph operators, projects and keys."""

import re

import pytest

from app.domain import api_keys
from tests.commands.conftest import Installation

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
NOBODY = "019d79bb-20c0-7128-a24b-e40ad23f0824"


def listed(installation: Installation, *words: str) -> list[list[str]]:
    """Return the rows of `keys list`, cell by cell."""
    lines = installation.prints("keys", "list", *words).splitlines()[1:]
    return [re.split(r"\s{2,}", line) for line in lines]


def test_an_operator_gets_a_live_project_and_its_first_key(installation: Installation) -> None:
    operator_id = installation.prints("operators", "create", "Vail Parking", "--plan", "growth")
    assert ID.fullmatch(operator_id)
    project_id = installation.prints("projects", "create", operator_id, "ChatGPT")
    assert ID.fullmatch(project_id)
    made = installation.run("keys", "create", "sales team", "--project", project_id)
    key = made.stdout.strip()
    assert key.startswith("pk_live_")
    assert api_keys.is_well_formed(key)
    assert "agent:act, lots:read, payments:write, sessions:read, sessions:write" in made.stderr
    assert [row[1:3] for row in listed(installation, "--project", project_id)] == [["sales team", key[-4:]]]


def test_a_starter_plan_gives_no_agent_scope(installation: Installation) -> None:
    operator_id = installation.prints("operators", "create", "Small Lots", "--plan", "starter")
    project_id = installation.prints("projects", "create", operator_id, "web")
    assert "agent:act" not in installation.run("keys", "create", "web", "--project", project_id).stderr
    refusal = installation.refuses("keys", "create", "gpt", "--project", project_id, "--scope", "agent:act")
    assert refusal == "The plan starter does not include agent:act."


def test_a_key_is_rotated_limited_and_revoked(installation: Installation) -> None:
    made = installation.run("keys", "create", "gate", "--scope", "lots:read", "--expires", "2999-01-01")
    [row] = [row for row in listed(installation) if row[1] == "gate"]
    assert row[5] == "2999-01-01T00:00:00Z"
    assert installation.prints("keys", "limit", row[0], "search", "1000") == f"{row[0]}: search 1000"
    rotated = installation.prints("keys", "rotate", row[0])
    assert rotated != made.stdout.strip()
    [row] = [row for row in listed(installation) if row[1] == "gate"]
    assert row[2] == rotated[-4:]
    assert row[-1] == "search=1000"
    assert installation.prints("keys", "revoke", row[0]) == f"Revoked {row[0]}."
    assert [row for row in listed(installation) if row[1] == "gate"] == []
    assert installation.refuses("keys", "revoke", row[0]) == "There is no API key with this id."


def test_no_whole_key_is_ever_listed(installation: Installation) -> None:
    shown = installation.prints("keys", "list")
    assert installation.sandbox.api_key[-4:] in shown
    assert "pk_test_" not in shown


def test_a_project_is_changed_in_what_is_given(installation: Installation) -> None:
    project_id = installation.sandbox.project_id
    assert "Changed" in installation.prints("projects", "set", project_id, "--simulated-driver", "absent")
    assert "Say what to change" in installation.refuses("projects", "set", project_id)


def test_a_project_is_granted_more_of_a_budget(installation: Installation) -> None:
    project_id = installation.sandbox.project_id
    granted = installation.prints("projects", "limit", project_id, "search", "1000")
    assert granted == f"{project_id}: search 1000"
    taken_back = installation.prints("projects", "limit", project_id, "search", "0")
    assert taken_back == f"{project_id}: search as in the contract"
    refusal = installation.refuses("projects", "limit", project_id, "serach", "1000")
    assert "say one of search, availability, rates" in refusal


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("keys", "list", "--project", NOBODY), "There is no project with this id."),
        (("keys", "rotate", NOBODY), "There is no API key with this id."),
        (("projects", "create", NOBODY, "web"), "There is no operator with this id."),
        (("projects", "set", NOBODY, "--name", "web"), "There is no project with this id."),
        (
            ("keys", "create", "x", "--expires", "2001-01-01"),
            "expires_at: This instant has passed already.",
        ),
        (
            ("keys", "create", "x", "--scope", "nope"),
            "There is no scope nope; say agent:act, lots:read, operator, payments:write, sessions:read or "
            "sessions:write.",
        ),
        (("keys", "create", ""), "name: Say one line of text that does not begin with a space."),
        (("projects", "limit", NOBODY, "search", "1000"), "There is no project with this id."),
        (("keys", "rotate", "42"), "Invalid value for 'KEY_ID': '42' is not a valid UUID."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    installation: Installation, words: tuple[str, ...], sentence: str
) -> None:
    assert installation.refuses(*words) == sentence


def test_a_budget_that_the_contract_does_not_know_is_refused(installation: Installation) -> None:
    refusal = installation.refuses("keys", "limit", NOBODY, "serach", "1000")
    assert "say one of search, availability, rates" in refusal


def test_keys_of_no_sandbox_name_the_command_that_makes_one(installation: Installation) -> None:
    (installation.home / "sandbox.json").unlink()
    assert installation.refuses("keys", "list").endswith("Make a sandbox with: parkgraph seed")
