"""Spectral and Redocly: what each of them finds in documents, as lines to read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gate import node


def spectral(*documents: Path) -> list[str]:
    """Return every finding of Spectral, down to hints, by the rules in `tools/spectral.yaml`."""
    options = ("--ruleset", "spectral.yaml", "--format", "json", "--quiet", "--fail-severity", "hint")
    finished = node.run("spectral", "lint", *options, *map(str, documents))
    if finished.returncode not in (0, 1):
        raise RuntimeError(f"Spectral failed:\n{finished.stdout}{finished.stderr}")
    return [_line_of_spectral(finding) for finding in json.loads(finished.stdout)]


def _line_of_spectral(finding: dict[str, Any]) -> str:
    place = "/".join(map(str, finding["path"]))
    return f"{Path(finding['source']).name} {finding['code']} at {place}: {finding['message']}"


def redocly(*apis: str) -> tuple[int, list[str]]:
    """Return how many documents Redocly judged, and its every finding.

    They are named as in `tools/redocly.yaml`, or by their path, which puts them under the rules for all.
    """
    finished = node.run("redocly", "lint", "--config", "redocly.yaml", "--format", "json", *apis)
    reports = list(_documents(finished.stdout))
    if finished.returncode not in (0, 1) or not reports:
        raise RuntimeError(f"Redocly failed:\n{finished.stdout}{finished.stderr}")
    return len(reports), [_line_of_redocly(each) for report in reports for each in report["problems"]]


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """Read JSON documents that stand one after the other."""
    decoder, start = json.JSONDecoder(), 0
    while start < len(text.rstrip()):
        document, start = decoder.raw_decode(text, start)
        yield document


def _line_of_redocly(problem: dict[str, Any]) -> str:
    place = problem["location"][0]
    name = Path(place["source"]["ref"]).name
    return f"{name} {problem['ruleId']} at {place.get('pointer', '')}: {problem['message']}"
