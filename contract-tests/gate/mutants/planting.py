"""What a mutant is: one planted defect in a sentence, and the gate that has to notice it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

Plant = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Tests:
    """Tests of the gate, as pytest names them from the folder `contract-tests` on."""

    nodes: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.nodes)


@dataclass(frozen=True, slots=True)
class Fuzzing:
    """A short run of Schemathesis on a few operations, as a gate of its own."""

    operations: tuple[str, ...]
    check: str = "all"
    """The one that has to speak: a defect that only others find is none that this one knows of."""
    examples: int = 20
    phases: str = "examples,fuzzing"

    def __str__(self) -> str:
        effort = f"{self.phases} × {self.examples}"
        return f"schemathesis {effort} on {' '.join(self.operations)}: {self.check}"


Gate = Tests | Fuzzing


@dataclass(frozen=True, slots=True)
class Mutant:
    """The server with one defect."""

    name: str
    area: str
    defect: str
    killer: Gate
    plant: Plant
    """Replaces one behaviour of the process that it is called in."""


MUTANTS: dict[str, Mutant] = {}


def killed_by(gate: str | Fuzzing) -> Callable[[Plant], Plant]:
    """Register a mutant: the function plants it, and its docstring says what is wrong then."""
    killer = Tests((gate,)) if isinstance(gate, str) else gate
    if isinstance(killer, Fuzzing) and killer.check == "all":
        raise ValueError(f"Which check has to find a mutant on {' '.join(killer.operations)}?")

    def register(plant: Plant) -> Plant:
        name, defect = plant.__name__, inspect.cleandoc(plant.__doc__ or "")
        if not defect or name in MUTANTS:
            raise ValueError(f"The mutant {name} needs a name of its own and a sentence.")
        area = plant.__module__.rpartition(".")[2].replace("_", " ")
        MUTANTS[name] = Mutant(name, area, defect, killer, plant)
        return plant

    return register


def instead_of(owner: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function, which gets the original first, in the place of one of a module or a class."""
    original = inspect.getattr_static(owner, name)
    called = original.fget if isinstance(original, property) else getattr(owner, name)

    def put(replacement: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(called)
        def planted(*args: Any, **kwargs: Any) -> Any:
            return replacement(called, *args, **kwargs)

        put_in_place(owner, name, property(planted) if isinstance(original, property) else planted)
        return planted

    return put


def put_in_place(owner: Any, name: str, value: Any) -> None:
    """Replace what a module, a class or a mapping has under a name; raise LookupError if it has nothing."""
    if isinstance(owner, dict):
        owner[name], _ = value, owner[name]
        return
    if not hasattr(owner, name):
        raise LookupError(f"{owner} has no {name}, so this mutant is none.")
    setattr(owner, name, value)
