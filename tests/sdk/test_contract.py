"""The library against the contract: operations, arguments, models, errors and the version, one by one."""

import csv
import inspect
import io
import json
import re
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import httpx
import pytest

import parkgraph
from app.contract.document import Contract, Operation
from app.contract.naming import snake_case
from parkgraph import AsyncParkGraph, Model, ParkGraph, errors, models
from parkgraph.operations import OPERATIONS
from parkgraph.testing import STATUSES
from tests.sdk.desks import Desk, Park

CONTRACT = Contract.read()
IN_THE_HEADER = "idempotency_key"
"""In bodies it stands in for the header Idempotency-Key, which this library can send."""
AS_IT_IS = {"importLots": {"content", "content_type"}, "receiveStripeEvent": {"content"}}
"""Operations whose body is a file or signed bytes, and the arguments that it is given by."""

every_operation = pytest.mark.parametrize("operation", CONTRACT.operations.values(), ids=lambda each: each.id)


def method(kind: type[Any], operation: Operation) -> Any:
    return getattr(getattr(kind("pk_test_key"), operation.tag), snake_case(operation.id))


@every_operation
def test_each_operation_is_a_method_of_both_clients_with_the_contracts_arguments(
    operation: Operation,
) -> None:
    waiting = inspect.signature(method(ParkGraph, operation)).parameters
    assert list(waiting.values()) == list(
        inspect.signature(method(AsyncParkGraph, operation)).parameters.values()
    )
    assert set(waiting) == arguments(operation)
    required = {name for name, each in waiting.items() if each.default is inspect.Parameter.empty}
    assert required == arguments(operation, required=True)


def arguments(operation: Operation, *, required: bool = False) -> set[str]:
    """Name the arguments that the contract gives an operation, or those of them that it needs."""
    named = {each.name.lower().replace("-", "_"): each.required for each in operation.parameters}
    named |= dict.fromkeys(AS_IT_IS.get(operation.id, ()), True)
    if operation.dispatches:
        named["action"] = True
    elif operation.body_schema_pointer is not None and operation.id not in AS_IT_IS:
        schema = CONTRACT.at(operation.body_schema_pointer)
        named |= {key: key in schema.get("required", ()) for key in schema["properties"]}
    return {name for name, needed in named.items() if needed or not required}


def test_there_is_no_method_that_is_no_operation() -> None:
    operations = {(each.tag, snake_case(each.id)) for each in CONTRACT.operations.values()}
    for kind in (ParkGraph, AsyncParkGraph):
        nouns = {name: noun for name, noun in vars(kind("pk_test_key")).items() if not name.startswith("_")}
        found = {
            (name, each) for name, noun in nouns.items() for each in dir(noun) if not each.startswith("_")
        }
        assert found == operations


def test_the_table_has_every_operation_as_it_is() -> None:
    ours = {each.id: (each.method, each.path, each.takes_key) for each in OPERATIONS.values()}
    theirs = {
        each.id: (each.method, each.path, "Idempotency-Key" in {one.name for one in each.parameters})
        for each in CONTRACT.operations.values()
    }
    assert ours == theirs


def test_every_write_but_stripes_own_may_be_repeated_under_a_key() -> None:
    unrepeatable = {each.id for each in OPERATIONS.values() if not each.only_reads and not each.takes_key}
    assert unrepeatable == {"receiveStripeEvent"}


def examples(holder: Any) -> dict[str, Any]:
    """Return every example of a request's body or of an answer, by name."""
    return {
        name: CONTRACT.followed(example)["value"]
        for content in CONTRACT.followed(holder).get("content", {}).values()
        for name, example in content.get("examples", {}).items()
    }


def asked(operation: Operation) -> dict[str, Any]:
    return examples(CONTRACT.at(operation.pointer).get("requestBody", {}))


def answered(operation: Operation) -> dict[str, Any]:
    responses = CONTRACT.at(operation.pointer)["responses"]
    return examples(next(each for status, each in responses.items() if status.startswith("2")))


def call(park: Park, operation: Operation, body: Any = None) -> Any:
    """Call a method with the contract's own examples of what it needs, and a body."""
    given = {
        each.name.lower().replace("-", "_"): each.schema["examples"][0]
        for each in operation.parameters
        if each.required
    }
    if operation.id in AS_IT_IS:
        written = body if isinstance(body, str) else json.dumps(body)
        given |= {"content": written, "content_type": "text/csv"}
        given = {name: value for name, value in given.items() if name in arguments(operation)}
    elif operation.dispatches:
        given["action"] = action(body)
    elif body is not None:
        given |= body
    return getattr(getattr(park, operation.tag), snake_case(operation.id))(**given)


def action(body: dict[str, Any]) -> Model:
    """Make the action that a dispatcher's body is."""
    kind: type[Model] = getattr(models, "".join(map(str.capitalize, body["action"].split("_"))) + "Action")
    return kind.from_json(body)


REQUESTS = [
    pytest.param(operation, body, id=f"{operation.id}-{name}")
    for operation in CONTRACT.operations.values()
    for name, body in asked(operation).items()
]


@pytest.mark.parametrize(("operation", "body"), REQUESTS)
def test_every_example_of_a_request_is_sent_as_it_is_written(
    operation: Operation, body: Any, desk: Desk
) -> None:
    desk.rehearsal.play(operation.id, lambda _: httpx.Response(200, json={}))
    with pytest.raises(errors.InvalidAnswer):
        desk.ask(lambda park: call(park, operation, body))
    [sent] = desk.sent
    if isinstance(body, dict) and IN_THE_HEADER in body:
        assert sent.headers["Idempotency-Key"] == body[IN_THE_HEADER]
        body = {key: value for key, value in body.items() if key != IN_THE_HEADER}
    assert (sent.content.decode() if isinstance(body, str) else json.loads(sent.content)) == body
    path = sent.url.raw_path.partition(b"?")[0].decode()
    assert path.count("/") == operation.path.count("/")
    assert "{" not in path


WITH_ANSWER = [each for each in CONTRACT.operations.values() if answered(each)]
WITHOUT_ANSWER = [each for each in CONTRACT.operations.values() if not answered(each)]


@pytest.mark.parametrize("operation", WITH_ANSWER, ids=lambda each: each.id)
def test_every_example_of_an_answer_is_read_whole(operation: Operation, desk: Desk) -> None:
    bodies = asked(operation) or {"": None}
    for name, value in answered(operation).items():
        desk.rehearsal.answer(operation.id, value)
        body = bodies.get(name, next(iter(bodies.values())))
        given = desk.ask(lambda park, body=body: call(park, operation, body))
        assert shown(given, value) == in_short(value)
        desk.rehearsal.forget()


@pytest.mark.parametrize("operation", WITHOUT_ANSWER, ids=lambda each: each.id)
def test_what_answers_nothing_gives_back_the_answers_facts(operation: Operation, desk: Desk) -> None:
    desk.rehearsal.answer(operation.id, status=204, headers={"Idempotent-Replayed": "true"})
    answer = desk.ask(lambda park: call(park, operation))
    assert (answer.status, answer.replayed, answer.budget.limit) == (204, True, 240)


def in_short(value: Any) -> Any:
    """Write instants without fractions of a second where these are 0, which mean the same."""
    return json.loads(json.dumps(value).replace(".000000Z", "Z"))


def shown(given: Any, value: Any) -> Any:
    """Write what was read as the contract does."""
    if isinstance(value, str):
        return "\r\n".join([",".join(given[0]), *map(row, given), ""])
    if isinstance(given, list):
        entries = "features" if "features" in value else "data"
        return value | {entries: [entry.to_json() for entry in given]}
    written = given.to_json()
    return written if set(written) == set(value) else {next(iter(value)): written}


def row(cells: dict[str, str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(cells.values())
    return file.getvalue()


SCHEMAS = CONTRACT.document["components"]["schemas"]
MODELS = {name: kind for name in models.__all__ if isinstance(kind := getattr(models, name), type)}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_the_contracts_properties(name: str) -> None:
    schema, hints = SCHEMAS[name], get_type_hints(MODELS[name])
    ours = {each.name.removesuffix("_"): each for each in fields(MODELS[name]) if each.init}
    assert set(ours) == set(schema["properties"]) - {IN_THE_HEADER}
    needed = {key for key, each in ours.items() if type(None) not in get_args(hints[each.name])}
    assert needed == set(schema.get("required", ()))


def test_every_choice_of_words_is_the_contracts() -> None:
    choices = {name: get_args(getattr(models, name)) for name in set(models.__all__) - set(MODELS)}
    assert choices
    assert choices == {name: tuple(SCHEMAS[name]["enum"]) for name in choices}


def test_every_type_of_event_can_be_read() -> None:
    data = SCHEMAS["EventData"]["properties"]
    assert set(data) == {each.name for each in fields(models.EventData) if each.init}


def test_every_code_of_the_catalogue_is_an_exception_and_no_other() -> None:
    assert set(errors.CATALOGUE) == set(CONTRACT.errors)
    assert dict(STATUSES) == dict(CONTRACT.errors)
    assert {kind.__name__: code for code, kind in errors.CATALOGUE.items()} == {
        "".join(map(str.capitalize, code.split("_"))): code for code in CONTRACT.errors
    }


def test_the_drawn_tree_is_the_tree() -> None:
    lines = re.findall(r"^( *)([A-Z]\w+)( +(\d{3}))?", errors.__doc__ or "", re.MULTILINE)
    drawn, above = {}, [""]
    for indent, name, _, status in lines:
        if hasattr(errors, name):
            above[len(indent) // 4 + 1 :] = [name]
            drawn[name] = (above[-2], status)
    kinds = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ParkGraphError)
    }
    assert {name: parent for name, (parent, _) in drawn.items()} == {
        name: "" if kind is errors.ParkGraphError else kind.__base__.__name__ for name, kind in kinds.items()
    }
    statuses = {name: int(status) for name, (_, status) in drawn.items() if status}
    assert statuses == {"NotModified": 304} | {
        errors.CATALOGUE[code].__name__: status for code, status in CONTRACT.errors.items()
    }


def test_the_version_is_that_of_the_contract() -> None:
    assert parkgraph.__version__ == CONTRACT.document["info"]["version"]
