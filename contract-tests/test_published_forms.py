"""The published forms say what the contract says, and ChatGPT's works when it is called as it says."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml

from app.contract import tools, tools_style
from app.contract.document import Contract
from app.contract.operations import written
from gate import traffic
from gate.client import Client
from gate.figures import Figures
from gate.fuzzing import Run
from gate.servers import Server
from gate.world import World

WHOLE = {"/openapi.yaml": "application/yaml", "/openapi.json": "application/json"}
FOR_CHATGPT = {
    "/api/agents/openai/openapi.yaml": "application/yaml",
    "/api/agents/openai/openapi.json": "application/json",
}
MANIFEST = {"/.well-known/ai-plugin.json": "application/json"}
TOOLS = {f"/api/agents/{platform}/tools.json": "application/json" for platform in tools.SHAPES}
AGENT_PLUGIN = {
    "/api/agents/openai/plugin.zip": "application/zip",
    "/api/agents/openai/plugin/plugin.json": "application/json",
    "/api/agents/openai/plugin/mcp.json": "application/json",
    "/api/agents/openai/plugin/skills/park-a-car/SKILL.md": "text/markdown",
}
FOR_COPILOT = {
    "/api/agents/copilot/plugin.json": "application/json",
    "/api/agents/copilot/openapi.json": "application/json",
}
PUBLISHED = WHOLE | FOR_CHATGPT | MANIFEST | AGENT_PLUGIN | FOR_COPILOT | TOOLS

_numbers = itertools.count(1)


def fetched(server: Server, path: str) -> Any:
    """Fetch and parse a published form."""
    response = httpx.get(server.url + path, trust_env=False)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return yaml.load(response.text, Loader=yaml.CSafeLoader)  # reads JSON as well


@pytest.fixture(scope="module")
def form(server: Server) -> "ChatGptForm":
    """Import the form as the GPT builder does."""
    return ChatGptForm(fetched(server, "/api/agents/openai/openapi.yaml"))


class ChatGptForm:
    """All that a GPT knows of us."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        }

    def operation(self, name: str) -> tuple[str, str, dict[str, Any]]:
        """Return method, path and description of an operation."""
        return self._operations[name]

    def request_schema(self, name: str) -> dict[str, Any]:
        """Return what an operation's body looks like."""
        schema: dict[str, Any] = self.operation(name)[2]["requestBody"]["content"]["application/json"][
            "schema"
        ]
        return schema

    def taken_by(self, action: str) -> list[str]:
        """Return the parameters that the form says an action takes."""
        parameters = self.request_schema("dispatchAction")["properties"]["parameters"]["properties"]
        said = {
            name: re.split(r"Taken by ", schema["description"])[-1] for name, schema in parameters.items()
        }
        return [name for name, actions in said.items() if re.search(rf"\b{action}\b", actions)]

    def faults(self, name: str, status: int, answer: Any) -> list[str]:
        """Return how an answer differs from what the form says."""
        responses = self.operation(name)[2]["responses"]
        return self._faults(responses[str(status)]["content"]["application/json"]["schema"], answer)

    def request_faults(self, name: str, body: Any) -> list[str]:
        """Return how a request differs from what the form says."""
        return self._faults(self.request_schema(name), body)

    def _faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        whole = schema | {"components": self.document["components"]}
        return [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("path", WHOLE)
def test_the_published_contract_is_the_contract(server: Server, contract: Contract, path: str) -> None:
    assert fetched(server, path) == contract.document


def test_both_notations_of_the_chatgpt_form_are_one_document(server: Server) -> None:
    as_yaml, as_json = (fetched(server, path) for path in FOR_CHATGPT)
    assert as_yaml == as_json


def test_the_manifest_is_the_authored_one(server: Server, contract: Contract) -> None:
    assert fetched(server, "/.well-known/ai-plugin.json") == contract.manifest


@pytest.mark.parametrize(("path", "media_type"), PUBLISHED.items())
def test_a_form_is_stable_cacheable_and_readable_from_anywhere(
    server: Server, path: str, media_type: str
) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        first, second = http.get(path), http.get(path)
        assert first.content == second.content
        assert first.headers["content-type"].partition(";")[0] == media_type
        assert first.headers.get("access-control-allow-origin") == "*"
        again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert http.head(path).headers["etag"] == first.headers["etag"]


def _story(form: ChatGptForm, client: Client, world: World) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Give each action with parameters that the form says it takes, and the answer to it."""
    lot = world.fuzzed.lots[0]
    known: dict[str, Any] = {
        "lat": 39.6436,
        "lng": -106.3866,
        "radius_km": 1.5,
        "limit": 5,
        "lot_id": lot,
        "plate": f"FORM {next(_numbers)}",
    }
    for action in form.request_schema("dispatchAction")["properties"]["action"]["enum"]:
        parameters = {name: known[name] for name in form.taken_by(action) if name in known}
        body = {"action": action, "parameters": parameters}
        assert form.request_faults("dispatchAction", body) == []
        answer = _as_chatgpt(form, client, world, "dispatchAction", body)
        assert answer.status_code == 200, f"{action}: {answer.text}"
        assert form.faults("dispatchAction", 200, answer.json()) == []
        yield action, parameters, answer.json()
        known |= _learnt(answer.json())


def _learnt(answer: dict[str, Any]) -> dict[str, Any]:
    session = answer.get("session", {})
    names = {"session_id": "id", "session_code": "session_code"}
    return {name: session[field] for name, field in names.items() if field in session}


def _as_chatgpt(
    form: ChatGptForm, client: Client, world: World, name: str, body: Any, **path: str
) -> httpx.Response:
    method, template, _ = form.operation(name)
    headers = {"Authorization": f"Bearer {world.fuzzed.keys['agent']}"}  # agent:act alone, as it should be
    url = client.url + template.format(**path)
    return httpx.request(method, url, json=body, headers=headers, trust_env=False)


def test_every_action_works_as_the_chatgpt_form_says(
    form: ChatGptForm, client: Client, world: World, figures: Figures
) -> None:
    told = [(action, next(iter(answer))) for action, _, answer in _story(form, client, world)]
    assert [envelope for _, envelope in told] == [
        "lots",
        "availability",
        "rates",
        "session",
        "session",
        "session",
    ]
    figures.say(
        "ChatGPT's form", f"{len(told)} actions, extendSession and createRefund called as the form says"
    )


def test_extending_works_as_the_chatgpt_form_says(form: ChatGptForm, client: Client, world: World) -> None:
    order = {"lot_id": world.fuzzed.lots[0], "plate": f"FORM {next(_numbers)}"}
    session = client.call("createSession", key=world.fuzzed.key, json=order).json()["session"]
    body = {"session_code": session["session_code"], "extend_hours": 1}
    assert form.request_faults("extendSession", body) == []
    answer = _as_chatgpt(form, client, world, "extendSession", body, session_id=session["id"])
    assert answer.status_code == 200, answer.text
    assert form.faults("extendSession", 200, answer.json()) == []


def test_refunding_works_as_the_chatgpt_form_says(form: ChatGptForm, client: Client, world: World) -> None:
    assert form.request_faults("createRefund", {"amount": 0.01}) == []
    path = {"session_id": world.fuzzed.paid_sessions[3]}
    answer = _as_chatgpt(form, client, world, "createRefund", {"amount": 0.01}, **path)
    assert answer.status_code == 201, answer.text
    assert form.faults("createRefund", 201, answer.json()) == []


def _all_that_we_know(world: World) -> dict[str, Any]:
    """Return a value for everything that tools and functions take, but for the session."""
    return {
        "address": "Lionshead",
        "limit": 5,
        "lot_id": world.fuzzed.lots[0],
        "plate": f"FORM {next(_numbers)}",
        "duration_hours": 2,
        "extend_hours": 1,
        "amount": 0.01,
    }


@pytest.mark.parametrize("platform", tools.SHAPES)
def test_every_tool_works_as_its_platform_is_told(
    server: Server, client: Client, world: World, platform: str
) -> None:
    """Call each tool with all that it takes and we know, through the platform's own dispatcher."""
    form = fetched(server, f"/api/agents/{platform}/tools.json")
    known = _all_that_we_know(world)
    told = []
    for tool in form[0]["functionDeclarations"] if platform == "gemini" else form:
        taken = tools_style.parameters_of(tool)["properties"]
        if tool["name"] == "request_refund":
            known["session_id"] = world.fuzzed.paid_sessions[4]
        arguments = {name: value for name, value in known.items() if name in taken}
        answer = client.act(tool["name"], key=world.fuzzed.keys["agent"], platform=platform, **arguments)
        assert answer.status_code == 200, f"{tool['name']}: {answer.text}"
        known |= _learnt(answer.json())
        told.append(next(iter(answer.json())))
    assert told == ["lots", "availability", "rates", *["session"] * 4, "refund"]


def test_every_function_works_as_copilot_is_told(server: Server, client: Client, world: World) -> None:
    """Call each function as the plugin's document describes it, in the order of the plugin."""
    plugin, document = (fetched(server, path) for path in FOR_COPILOT)
    operations = {each[2]["operationId"]: each for each in written(document)}
    known, told = _all_that_we_know(world), []
    for name in plugin["runtimes"][0]["run_for_functions"]:
        path, method, operation = operations[name]
        if name == "createRefund":
            known["session_id"] = world.fuzzed.paid_sessions[5]
        content = operation.get("requestBody", {}).get("content", {"": {"schema": {"properties": {}}}})
        [body] = (holder["schema"]["properties"] for holder in content.values())
        query = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        answer = httpx.request(
            method,
            client.url + path.format(**known),
            params={each: known[each] for each in query if each in known},
            json={each: known[each] for each in body if each in known} if body else None,
            headers={"Authorization": f"Bearer {world.fuzzed.key}"},
            trust_env=False,
        )
        assert answer.status_code in (200, 201), f"{name}: {answer.text}"
        known |= _learnt(answer.json())
        told.append(next(iter(answer.json())))
    assert sorted(told) == ["availability", "lots", "rates", "refund", *["session"] * 4]


def test_a_reading_action_answers_what_its_rest_twin_answers(
    form: ChatGptForm, client: Client, contract: Contract, world: World
) -> None:
    for action, parameters, answer in _story(form, client, world):
        twin = contract.action(action)
        if twin.method == "GET" and action != "get_session":
            in_path = {parameter.name for parameter in twin.parameters_in("path")}
            path = {name: value for name, value in parameters.items() if name in in_path}
            query = {name: value for name, value in parameters.items() if name not in in_path}
            assert client.call(twin.id, key=world.fuzzed.key, path=path, query=query).json() == answer


def test_what_the_dispatcher_accepts_and_answers_fits_the_chatgpt_form_too(
    form: ChatGptForm, fuzzed: Mapping[str, Run], figures: Figures
) -> None:
    if not all(run.traffic for run in fuzzed.values()):
        pytest.skip("this profile keeps no traffic to compare")
    compared = 0
    for exchange in traffic.read(run.traffic for run in fuzzed.values() if run.traffic):
        if exchange.operation == "dispatchAction" and exchange.accepted:
            faults = form.request_faults("dispatchAction", exchange.sent)
            faults += form.faults("dispatchAction", exchange.status, exchange.answered)
            assert not faults, f"{faults}\n{json.dumps(exchange.sent)}"
            compared += 1
    figures.say(
        "forms agree", f"{compared} accepted dispatcher calls fit the whole contract and ChatGPT's form"
    )
