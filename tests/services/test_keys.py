"""API keys, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app import database
from app.domain import api_keys
from app.domain.callers import Actor, Caller
from app.domain.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    NotFound,
    ParkGraphError,
    Unauthorized,
)
from app.domain.idempotency import Once
from app.domain.ids import request_id
from app.models import ApiKey, Operator, Project
from app.services import audit, key_memory, key_readings, keys
from app.services.keys import NewKey
from app.settings import Settings
from tests import redis_server
from tests.conftest import EVENING, SetClock
from tests.factories import anyone, caller_of, make_key, make_operator, make_project
from tests.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """Run a Redis that revocations are told to."""
    with redis_server.running() as server:
        yield server


@pytest.fixture(params=["alone", "redis"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Let the installation have a Redis, or none."""
    if request.param == "alone":
        return settings
    server: RedisServer = request.getfixturevalue("redis")
    return replace(settings, redis_url=server.url)


@pytest.fixture
def operator(time: SetClock) -> Operator:
    return make_operator()


@pytest.fixture
def project(operator: Operator) -> Project:
    return make_project(operator=operator, kind="live")


@pytest.fixture
def caller(project: Project) -> Caller:
    return caller_of(project)


def create(caller: Caller, *scopes: str, once: Once | None = None, **wishes: object) -> NewKey:
    wanted = scopes or ("lots:read",)
    return keys.create(caller, name="Sales", scopes=wanted, once=once, **wishes).value  # type: ignore[arg-type]  # test sugar


def text_of(key: NewKey) -> str:
    assert key.text is not None
    return key.text


def stored(key_id: UUID) -> ApiKey:
    with database.reading() as db:
        return db.get_one(ApiKey, key_id)


def actions(operator: Operator) -> list[str]:
    with database.reading() as db:
        return [entry.action for entry in audit.entries(db, operator_id=operator.id)]


# Making


def test_a_new_key_is_shown_once_and_stored_as_a_hash(caller: Caller) -> None:
    key = create(caller, "agent:act", "lots:read")
    text = text_of(key)
    assert api_keys.is_well_formed(text)
    row = stored(key.record.id)
    assert row.key_hash == api_keys.hash_of(text)
    assert row.last_four == text[-4:]
    assert row.scopes == ["agent:act", "lots:read"]
    assert text not in str(vars(row))


@pytest.mark.parametrize(("kind", "prefix"), [("live", "pk_live_"), ("sandbox", "pk_test_")])
def test_a_keys_prefix_tells_the_kind_of_its_project(kind: str, prefix: str, operator: Operator) -> None:
    project = make_project(operator=operator, kind=kind)  # type: ignore[arg-type]  # of the two kinds
    assert text_of(create(caller_of(project))).startswith(prefix)


@pytest.mark.parametrize("name", ["", "Vail\nParking", "a" * 101])
def test_a_key_has_a_name_that_the_contract_allows(caller: Caller, name: str) -> None:
    with pytest.raises(BadRequest, match=r"^name: "):
        keys.create(caller, name=name, scopes=["lots:read"])
    assert keys.page(caller, limit=10).entries == []


def test_a_scope_beyond_the_plan_is_forbidden(project: Project) -> None:
    with pytest.raises(Forbidden, match="starter does not include agent:act") as refusal:
        create(caller_of(project, plan="starter"), "agent:act", "lots:read")
    assert refusal.value.details[0].field == "scopes"


def test_an_expiry_in_the_past_is_refused(caller: Caller) -> None:
    with pytest.raises(BadRequest) as refusal:
        create(caller, expires_at=EVENING)
    assert refusal.value.details[0].field == "expires_at"


def test_nobody_makes_no_key(time: SetClock) -> None:
    with pytest.raises(Unauthorized):
        create(anyone())


def test_creating_again_under_the_same_idempotency_key_leaves_the_text_out(caller: Caller) -> None:
    once = Once("sales-1", "f" * 64)
    first = create(caller, once=once)
    again = keys.create(caller, name="Sales", scopes=["lots:read"], once=once)
    assert again.replayed
    assert (again.value.record.id, again.value.text) == (first.record.id, None)
    with pytest.raises(IdempotencyKeyReused):
        create(caller, once=Once("sales-1", "0" * 64))


# Listing


def test_keys_are_listed_newest_first_page_by_page(caller: Caller) -> None:
    made = [create(caller).record.id for _ in range(5)]
    first = keys.page(caller, limit=2)
    assert first.next_cursor is not None
    second = keys.page(caller, limit=3, cursor=UUID(first.next_cursor))
    assert [key.id for key in (*first.entries, *second.entries)] == made[::-1]
    assert second.next_cursor is None


def test_other_projects_keys_and_revoked_ones_are_not_listed(caller: Caller, operator: Operator) -> None:
    make_key(project=make_project(operator=operator))
    kept, gone = create(caller), create(caller)
    keys.delete(caller, gone.record.id)
    assert [key.id for key in keys.page(caller, limit=10).entries] == [kept.record.id]


# Rotating and deleting


def test_rotation_keeps_name_scopes_budgets_and_expiry(caller: Caller, project: Project) -> None:
    later = EVENING + timedelta(days=30)
    old = make_key(
        project=project, name="Sales", scopes=["lots:read"], budgets={"search": 9}, expires_at=later
    )
    new = keys.rotate(caller, old.row.id).value
    row = new.record
    assert (row.name, row.scopes, row.budgets, row.expires_at) == (
        "Sales",
        ["lots:read"],
        {"search": 9},
        later,
    )
    assert row.id != old.row.id
    assert key_readings.resolve(text_of(new)) is not None


def test_the_old_key_is_dead_when_rotation_answers(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_memory, "_clock", lambda: 1_000.0)  # so that it is not forgotten by itself
    old = create(caller)
    text = text_of(old)
    assert key_readings.resolve(text) is not None
    assert key_readings.remembered(text) is not None
    keys.rotate(caller, old.record.id)
    assert key_readings.remembered(text) is None
    assert key_readings.resolve(text) is None


def test_a_deleted_key_is_dead_at_once_and_its_row_stays(caller: Caller) -> None:
    key = create(caller)
    key_readings.resolve(text_of(key))
    keys.delete(caller, key.record.id)
    assert key_readings.remembered(text_of(key)) is None
    assert key_readings.resolve(text_of(key)) is None
    assert stored(key.record.id).revoked_at == EVENING


@pytest.mark.parametrize("change", [keys.rotate, keys.delete])
def test_a_key_that_is_gone_is_not_found(change: object, caller: Caller) -> None:
    key = create(caller).record.id
    keys.delete(caller, key)
    for missing in (key, uuid4()):
        with pytest.raises(NotFound):
            change(caller, missing)  # type: ignore[operator]  # either service


@pytest.mark.parametrize("change", [keys.rotate, keys.delete])
def test_another_projects_key_is_not_found_and_lives_on(
    change: object, caller: Caller, operator: Operator
) -> None:
    theirs = make_key(project=make_project(operator=operator, kind="live"))
    with pytest.raises(NotFound):
        change(caller, theirs.row.id)  # type: ignore[operator]  # either service
    assert key_readings.resolve(theirs.secret) is not None


@pytest.mark.parametrize("change", [keys.rotate, keys.delete])
def test_a_key_cannot_rotate_or_delete_itself(change: object, project: Project) -> None:
    own = make_key(project=project)
    with pytest.raises(Conflict, match="itself"):
        change(caller_of(project, key_id=own.row.id), own.row.id)  # type: ignore[operator]  # either service
    assert key_readings.resolve(own.secret) is not None


def test_an_expired_key_can_be_deleted_but_not_rotated(
    caller: Caller, project: Project, time: SetClock
) -> None:
    key = make_key(project=project, expires_at=EVENING + timedelta(hours=1))
    time.move(hours=2)
    with pytest.raises(Conflict, match="expired"):
        keys.rotate(caller, key.row.id)
    keys.delete(caller, key.row.id)
    assert stored(key.row.id).revoked_at is not None


def test_rotating_again_under_the_same_idempotency_key_makes_no_third_key(caller: Caller) -> None:
    old = create(caller)
    once = Once("rotate-1", "a" * 64)
    first = keys.rotate(caller, old.record.id, once=once)
    again = keys.rotate(caller, old.record.id, once=once)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.value.record.id, again.value.text) == (first.value.record.id, None)
    assert len(keys.page(caller, limit=10).entries) == 1


def test_deleting_again_under_the_same_idempotency_key_answers_the_same(caller: Caller) -> None:
    key = create(caller).record.id
    once = Once("delete-1", "a" * 64)
    assert not keys.delete(caller, key, once=once).replayed
    assert keys.delete(caller, key, once=once).replayed


def test_every_change_of_a_key_is_in_the_audit_log_without_the_key(
    caller: Caller, operator: Operator
) -> None:
    key = create(caller)
    new = keys.rotate(caller, key.record.id).value
    keys.limit(caller, new.record.id, budget="search", per_minute=1000)
    keys.delete(caller, new.record.id)
    assert actions(operator) == ["key.create", "key.rotate", "key.limit", "key.delete"]
    with database.reading() as db:
        diffs = str([entry.diff for entry in audit.entries(db, operator_id=operator.id)])
    assert text_of(key) not in diffs
    assert text_of(new) not in diffs


# Limits


def test_a_raised_budget_counts_at_once_and_can_be_taken_back(caller: Caller) -> None:
    key = create(caller)
    key_readings.resolve(text_of(key))
    keys.limit(caller, key.record.id, budget="search", per_minute=1000)
    assert key_readings.remembered(text_of(key)) is None
    raised = key_readings.resolve(text_of(key))
    keys.limit(caller, key.record.id, budget="search", per_minute=0)
    lowered = key_readings.resolve(text_of(key))
    assert raised is not None
    assert lowered is not None
    assert (raised.budgets, lowered.budgets) == ({"search": 1000}, {})


def test_the_command_line_reaches_every_projects_keys(project: Project) -> None:
    key = make_key(project=project)
    at_the_command_line = Caller(actor=Actor("operator_cli", "ada"), request_id=request_id())
    keys.limit(at_the_command_line, key.row.id, budget="search", per_minute=7)
    assert stored(key.row.id).budgets == {"search": 7}
    keys.delete(at_the_command_line, key.row.id)
    assert key_readings.resolve(key.secret) is None


# Several at once


def test_of_many_rotations_at_once_one_wins(caller: Caller) -> None:
    key = create(caller).record.id

    def rotate(_: int) -> str:
        try:
            return str(keys.rotate(caller, key).value.text)
        except ParkGraphError as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(rotate, range(8)))
    assert answers.count("NOT_FOUND") == 7
    assert len(keys.page(caller, limit=10).entries) == 1


def test_no_key_is_stored_in_the_clear(caller: Caller) -> None:
    texts = [text_of(create(caller)) for _ in range(3)]
    with database.reading() as db:
        rows = str([vars(row) for row in db.scalars(select(ApiKey))])
    assert not any(text in rows for text in texts)
