"""Judge every mutant, or those that are named, and write down what came of each.

    PYTHONPATH=.:contract-tests python -m gate.mutants [--seeds SEEDS] FOLDER [NAME ...]

FOLDER takes the reports; SEEDS holds the files that an installation of the gate was seeded with, so that none
has to be seeded. Everything is loaded here once; each judge and each server is a fork of this process.
"""

import argparse
import gc
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import schemathesis.cli.commands.run.executor
import schemathesis.specs.openapi.schemas  # noqa: F401 -- what the fuzzer imports
from connexion.spec import OpenAPISpecification

import app.commands.serving  # noqa: F401 -- what a server imports
import handlers
from app.contract import published
from app.contract.document import Contract
from app.contract.public_url import CANONICAL_URL
from app.contract.published import Form
from gate import alphabets, mutants, repairs, spoils, stock  # noqa: F401 -- what the fuzzer's hooks import
from gate.grounds import Ground
from gate.installations import install
from gate.mutants import nursery
from gate.mutants.nursery import Trial
from gate.mutants.planting import MUTANTS, Fuzzing, Mutant, Tests, put_in_place

Forms = Mapping[str, Form]

_IMPORTED_LATE = (
    *("anyio._backends._asyncio", "app.cli", "app.contract.changes", "uvicorn.lifespan.on", "uvloop"),
    *("gate.documents", "gate.recording", "gate.reporting", "gate.strictness", "httpcore"),
    *("gate.checks", "gate.focus", "gate.signatures"),
    *("schemathesis.engine.core", "schemathesis.engine.run.stateful", "schemathesis.engine.run.unit"),
)
"""What servers, tests and the fuzzer import as they start or at the first request, else in each fork anew."""


def main(folder: Path, seeds: Path, names: list[str]) -> None:
    """Hold the trials of mutants, and of the server as it is."""
    _load()
    if unknown := set(names) - MUTANTS.keys():
        raise SystemExit(f"There are no mutants {', '.join(sorted(unknown))}.")
    gc.freeze()  # what every fork shares is looked through by none of them
    trials = list(_trials([mutant for mutant in MUTANTS.values() if not names or mutant.name in names]))
    told = []
    for trial, verdict in nursery.hold(trials, seeds=seeds, folder=folder):
        told.append(_facts(trial) | asdict(verdict))
        print(f"{verdict.outcome:<7}{verdict.seconds:>7.2f} s  {trial.name}: {verdict.reason[:200]!r}")
    (folder / "mutants.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _load() -> None:
    """Import all that forks need, and do once what every server would do again and no mutant changes."""
    for package in (mutants, handlers):
        for module in iter_modules(package.__path__):
            if module.name != "__main__":
                import_module(f"{package.__name__}.{module.name}")
    for name in _IMPORTED_LATE:
        import_module(name)
    alphabets.learn()
    made = published.forms(Contract.read())
    put_in_place(published, "forms", lambda _contract, *, public_url: _at(public_url, made))
    # The gate's ordinary server has had Connexion validate the very same document.
    put_in_place(OpenAPISpecification, "_validate_spec", staticmethod(lambda _: None))


def _at(public_url: str, made: Forms) -> Forms:
    """Return the forms that were made; raise LookupError for a server elsewhere."""
    if public_url != CANONICAL_URL:
        raise LookupError(f"No form was made for {public_url}.")
    return made


def _trials(chosen: list[Mutant]) -> Iterator[Trial]:
    """Have all that kills mutants judge the server as it is, too: what it finds there is a false alarm."""
    killers = [mutant.killer for mutant in chosen]
    runs = dict.fromkeys(replace(killer, check="all") for killer in killers if isinstance(killer, Fuzzing))
    for number, run in enumerate(runs, start=1):
        yield Trial(f"control: schemathesis {number}", run, _nothing)
    if nodes := [node for killer in killers if isinstance(killer, Tests) for node in killer.nodes]:
        yield Trial("control: tests", Tests(tuple(dict.fromkeys(nodes))), _nothing)
    for mutant in chosen:
        yield Trial(mutant.name, mutant.killer, mutant.plant)


def _nothing() -> None:
    """Plant nothing."""


def _facts(trial: Trial) -> dict[str, str]:
    facts = {"name": trial.name, "gate": str(trial.gate)}
    if trial.name in MUTANTS:
        mutant = MUTANTS[trial.name]
        facts |= {"area": mutant.area, "defect": mutant.defect}
    return facts


def _seeded(folder: Path) -> Path:
    """Seed an installation, and return where its files are."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    with install(home, log=folder / "home.log", ground=Ground()) as running:
        return running.seeds


def _path(text: str) -> Path:
    return Path(text).resolve()


def _told() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m gate.mutants")
    arguments.add_argument("folder", type=_path)
    arguments.add_argument("--seeds", type=_path)
    arguments.add_argument("names", nargs="*")
    return arguments.parse_args()


if __name__ == "__main__":
    told = _told()
    main(told.folder, told.seeds or _seeded(told.folder), told.names)
