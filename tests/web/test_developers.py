"""The start page, the published forms and the legal pages."""

import json
import re
from xml.etree import ElementTree

import pytest
import yaml
from flask.testing import FlaskClient

from app.contract import tools
from app.contract.document import Contract
from app.http.error_page import POLICY

FORMS = {
    "/openapi.yaml": "application/yaml",
    "/openapi.json": "application/json",
    "/api/agents/openai/openapi.yaml": "application/yaml",
    "/api/agents/openai/openapi.json": "application/json",
    "/.well-known/ai-plugin.json": "application/json",
    **{f"/api/agents/{platform}/tools.json": "application/json" for platform in tools.SHAPES},
    "/api/agents/openai/plugin.zip": "application/zip",
    "/api/agents/openai/plugin/plugin.json": "application/json",
    "/api/agents/openai/plugin/mcp.json": "application/json",
    "/api/agents/openai/plugin/skills/park-a-car/SKILL.md": "text/markdown; charset=utf-8",
    "/api/agents/copilot/plugin.json": "application/json",
    "/api/agents/copilot/openapi.json": "application/json",
    "/logo.svg": "image/svg+xml",
}
PAGES = ["/", "/legal/terms", "/legal/privacy"]


@pytest.mark.parametrize(("path", "media_type"), FORMS.items())
def test_a_form_is_served_with_its_media_type_and_a_strong_etag(
    pages: FlaskClient, path: str, media_type: str
) -> None:
    answer = pages.get(path)
    assert answer.status_code == 200
    assert answer.content_type == media_type
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("path", FORMS)
def test_whoever_has_the_newest_form_gets_no_body_again(pages: FlaskClient, path: str) -> None:
    etag = pages.get(path).headers["ETag"]
    again = pages.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert pages.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("name", ["/openapi", "/api/agents/openai/openapi"])
def test_yaml_and_json_say_the_same(pages: FlaskClient, name: str) -> None:
    in_json = json.loads(pages.get(f"{name}.json").data)
    assert yaml.safe_load(pages.get(f"{name}.yaml").data) == in_json
    assert in_json["servers"][0]["url"].startswith("https://parking.example")


def test_the_manifest_leads_to_forms_that_are_served_here(pages: FlaskClient) -> None:
    manifest = json.loads(pages.get("/.well-known/ai-plugin.json").data)
    for url in (manifest["api"]["url"], manifest["logo_url"], manifest["legal_info_url"]):
        assert url.startswith("https://parking.example/")
        assert pages.get(url.removeprefix("https://parking.example")).status_code == 200


def test_the_logo_is_a_square_picture(pages: FlaskClient) -> None:
    logo = ElementTree.fromstring(pages.get("/logo.svg").data)
    assert logo.tag.endswith("svg")
    assert logo.get("width") == logo.get("height") == "512"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_and_loads_nothing_from_elsewhere(pages: FlaskClient, path: str) -> None:
    answer = pages.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(pages: FlaskClient, contract: Contract, path: str) -> None:
    operations = {operation.path for operation in contract.operations.values()}
    links = re.findall(r'(?:href|src)="([^"]+)"', pages.get(path).text)
    assert links
    assert [link for link in links if link not in operations and pages.get(link).status_code != 200] == []


def test_the_start_page_lists_every_operation_and_every_action(
    pages: FlaskClient, contract: Contract
) -> None:
    text = pages.get("/").text
    assert [name for name in contract.actions if f"<code>{name}</code>" not in text] == []
    shown = {f"{operation.method} {operation.path}" for operation in contract.operations.values()}
    assert [line for line in shown if line not in text] == []


def test_the_start_page_shows_commands_for_the_server_it_came_from(pages: FlaskClient) -> None:
    assert "curl -s 'https://parking.example/api/v1/lots/search" in pages.get("/").text


def test_the_terms_name_the_grace_time_of_this_installation(pages: FlaskClient) -> None:
    assert "grace time (7 minutes here)" in pages.get("/legal/terms").text


def test_the_privacy_page_promises_nothing_that_the_software_does_not_do(pages: FlaskClient) -> None:
    text = " ".join(pages.get("/legal/privacy").text.split())
    assert "30 days" not in text
    assert "this version of the software does not do it by itself and has no command for it yet" in text


def test_the_start_page_says_how_chatgpt_extends_a_session(pages: FlaskClient) -> None:
    assert "<code>extend_session</code> and <code>request_refund</code> are no actions" in pages.get("/").text
