"""Prism looks at everything that the gate sent and got, when all of it has been recorded."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gate import referee, traffic
from gate.client import Client
from gate.figures import Figures
from gate.fuzzing import Run
from gate.referee import BEYOND_SCHEMAS, REFUSED, Judged, Referee
from gate.traffic import Recorder


@pytest.fixture(scope="module")
def prism(documents: Mapping[str, Path]) -> Iterator[Referee]:
    """Appoint Prism."""
    with referee.appointed(documents["openapi.json"]) as appointed:
        yield appointed


@pytest.fixture(scope="module")
def witnessed(prism: Referee, recorder: Recorder, fault_recorder: Recorder) -> Judged:
    """Have the witnesses' exchanges judged, whether something was made to fail or not."""
    return prism.judged(recorder.path, fault_recorder.path)


def test_the_referee_agrees_with_every_witness(witnessed: Judged, figures: Figures) -> None:
    found = [fault for each in witnessed if (fault := referee.disagreement(*each))]
    figures.say("prism on witnesses", f"{len(witnessed)} exchanges, {len(found)} disagreements")
    assert not found, "\n".join(found[:50])


def test_what_is_refused_breaks_the_document_or_a_rule_in_its_words(
    witnessed: Judged, figures: Figures
) -> None:
    refused = [each for each in witnessed if each[0].status == REFUSED]
    found = [fault for each in refused if (fault := referee.overlooked(*each))]
    by_schema = sum(bool(verdict.request) for _, verdict in refused)
    figures.say("prism on refusals", f"{len(refused)} refusals, {by_schema} by the document's schemas too")
    assert not found, "\n".join(found[:50])


def test_every_rule_in_words_was_broken_by_a_witness(witnessed: Judged) -> None:
    passed = [exchange for exchange, verdict in witnessed if not verdict.request]
    refused = [exchange for exchange in passed if exchange.status == REFUSED]
    assert [rule for rule in BEYOND_SCHEMAS if not any(map(rule.covers, refused))] == []


def test_the_referee_agrees_with_all_that_was_fuzzed(
    prism: Referee, fuzzed: Mapping[str, Run], figures: Figures
) -> None:
    kept = [run.traffic for run in fuzzed.values() if run.traffic]
    if not kept:
        pytest.skip("this profile keeps no traffic to look into")
    exchanges = prism.judged(*kept)
    found = [fault for each in exchanges if (fault := referee.disagreement(*each))]
    accepted = sum(exchange.accepted for exchange, _ in exchanges)
    figures.say(
        "prism on fuzzing",
        f"{len(exchanges)} exchanges, {accepted} of them accepted, {len(found)} disagreements",
    )
    assert not found, "\n".join(found[:50])


def test_the_referee_can_disagree(prism: Referee, client: Client, recorder: Recorder, tmp_path: Path) -> None:
    client.call("getHealth")
    *_, health = traffic.read([recorder.path])
    leaking = replace(health, response_body=health.response_body.replace("{", '{"_owner": "op_1", ', 1))
    undocumented = replace(health, status=299)
    asked = replace(health, operation="searchLots", query=(("limit", "many"),))
    typeless = {**health.request_headers, "content-type": "post", "content-length": "2"}
    unreadable = replace(health, operation="createQuote", request_headers=typeless, request_body="{}")
    unreadable = replace(unreadable, path_parameters={"lot_id": "1"})
    path = tmp_path / "planted.jsonl"
    with closing(Recorder(path)) as planted:
        for exchange in (health, leaking, undocumented, asked, unreadable):
            planted.keep(exchange)
    said = prism.judged(path)
    assert referee.disagreement(*said[0]) is None
    assert "_owner" in str(referee.disagreement(*said[1]))
    assert "status code" in str(referee.disagreement(*said[2]))
    assert "limit must be integer" in str(said[3][1].request)
    assert said[4][1].request == ['Could not parse MIME type string "post"']
