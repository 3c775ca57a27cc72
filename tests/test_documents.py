"""Documents that cannot rot: what README and DECISIONS list is what there is, no more and no less."""

import re
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import fields
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import get_args

import click

from app.cli import COMMANDS, main
from app.contract.document import Contract
from app.domain import webhooks
from app.gateways import stripe_events
from app.services import lot_rows
from app.settings import BUDGET_PREFIX, PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
NOT_OF_THE_ENVIRONMENT = {"port"}
"""Fields of Settings whose variable has another name."""


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(document: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level."""
    level = heading.split(" ", maxsplit=1)[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text(document), re.DOTALL | re.MULTILINE
    )
    assert found, f"{document} has no {heading}"
    return found[1]


def first_cells(part: str) -> set[str]:
    """Return the code in the first cells of a table."""
    return set(re.findall(r"^\| `([^`]+)`", part, re.MULTILINE))


def commands() -> set[str]:
    """Name every command with its group: `keys create`."""
    context = click.Context(main)
    names = set()
    for name in COMMANDS:
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            names |= {f"{name} {inner}" for inner in command.commands}
        else:
            names.add(name)
    return names


def test_every_command_is_listed() -> None:
    listed = {re.sub(r" [A-Z\[-].*", "", cell) for cell in first_cells(section("README.md", "## Commands"))}
    assert listed == {f"parkgraph {name}" for name in commands()}


def test_every_setting_is_listed() -> None:
    names = {field.name for field in fields(Settings)} - NOT_OF_THE_ENVIRONMENT - {"budgets"}
    wanted = {f"{PREFIX}{name.upper()}" for name in names} | {"PORT", f"{BUDGET_PREFIX}…"}
    assert first_cells(section("README.md", "## Settings")) == wanted


def test_every_default_is_the_one_that_is_listed() -> None:
    rows = re.findall(r"^\| `(\S+)` \| `([^`]*)`", section("README.md", "## Settings"), re.MULTILINE)
    shown = {name.removeprefix(PREFIX).lower(): default for name, default in rows}
    defaults = Settings()
    assert len(shown) > 8
    wrong = {name: value for name, value in shown.items() if value != _written(getattr(defaults, name))}
    assert wrong == {}


def _written(default: object) -> str:
    if isinstance(default, bool):
        return str(int(default))
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_every_error_code_is_listed_with_its_status() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", section("README.md", "## Errors"), re.MULTILINE)
    assert {code: int(status) for code, status in rows} == dict(Contract.read().errors)


def test_every_budget_is_listed_with_its_limit() -> None:
    rows = re.findall(
        r"^\| `([a-z_]+)` \| ([\d,]+) \|", section("README.md", "## Rate budgets"), re.MULTILINE
    )
    listed = {name: int(limit.replace(",", "")) for name, limit in rows}
    assert listed == {name: budget.limit for name, budget in Contract.read().budgets.items()}


def test_every_operation_is_listed_with_its_path() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+) (\S+)` \|", section("README.md", "## Operations"), re.MULTILINE)
    operations = Contract.read().operations.values()
    assert {row[0]: row[1:] for row in rows} == {each.id: (each.method, each.path) for each in operations}


def test_every_type_of_event_is_listed() -> None:
    types = Contract.read().at("#/components/schemas/EventType")["enum"]
    assert list(get_args(webhooks.EventType)) == types
    assert first_cells(section("docs/webhooks.md", "## Events")) == set(types)


def test_every_type_of_event_that_stripe_has_to_tell_is_listed() -> None:
    listed, prefix = set(), ""
    for word in re.findall(r"`([a-z_.]+)`", section("docs/ledger.md", "## What Stripe has to tell")):
        prefix = prefix if word.startswith(".") else word.rpartition(".")[0]
        listed.add(prefix + word if word.startswith(".") else word)
    assert listed == set(stripe_events.TYPES)


def test_the_published_schedule_is_the_one_that_is_kept() -> None:
    part = section("docs/webhooks.md", "## At least once, in order")
    waits = re.findall(r"^\| (\d+) \| (\d+) (second|minute|hour)s \|", part, re.MULTILINE)
    published = {int(number): timedelta(**{f"{unit}s": int(wait)}) for number, wait, unit in waits}
    assert published == dict(enumerate(webhooks.RETRIES, start=2))


def test_every_goal_of_make_is_explained() -> None:
    goals = set(re.findall(r"^([a-z]+):.*##", text("Makefile"), re.MULTILINE))
    assert goals - set(re.findall(r"make ([a-z]+)", text("README.md") + text("CONTRIBUTING.md"))) == set()


def requirements() -> Mapping[str, str]:
    """Return the requirements of setup.cfg by name."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    blocks = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    return {re.split(r"[\[=<>;~ ]", line)[0].lower(): line for line in lines}


def test_every_dependency_says_why_it_and_not_its_rival() -> None:
    explained = set(
        re.findall(r"^- \*\*([a-z0-9-]+)\*\*: ", section("DECISIONS.md", "## Dependencies"), re.MULTILINE)
    )
    assert explained == set(requirements())


def test_every_dependency_has_an_upper_bound() -> None:
    typing_stubs = {"types-pyyaml", "types-requests", "tzdata"}  # dated versions, to be taken as they come
    unbounded = [
        line
        for name, line in requirements().items()
        if not re.search(r"<|==", line) and name not in typing_stubs
    ]
    assert unbounded == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{name}: {link}"
        for name in (
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "DECISIONS.md",
            "docs/webhooks.md",
            "docs/ledger.md",
            "sdk/typescript/README.md",
            "docs/versioning.md",
            "docs/contract-changes.md",
        )
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text(name))
        if "://" not in link and not (ROOT / name).parent.joinpath(link).exists()
    ]
    assert broken == []


def test_the_changelog_keeps_its_form() -> None:
    headings = re.findall(r"^##+ (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    version = re.compile(r"\[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d\d-\d\d)?")
    assert [heading for heading in headings if heading not in kinds and not version.fullmatch(heading)] == []


def test_every_column_of_a_file_of_lots_is_listed() -> None:
    part = section("README.md", "## Lots from a file")
    cells = re.findall(r"^\| (`[^|]+) \|", part, re.MULTILINE)
    listed = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert listed == lot_rows.COLUMNS
