"""sandbox.json: the address and the keys of the sandbox that `parkgraph run` and `seed` made.

The keys stand nowhere else, the database holds their hashes only; so the file is written whole or not at
all, is readable by its owner alone, and is never written over by accident.
"""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from uuid import UUID

NAME = "sandbox.json"
OWNER_ONLY = 0o600


class SandboxFileError(ValueError):
    """sandbox.json is missing or is not what we wrote."""


@dataclass(frozen=True, slots=True)
class SandboxFile:
    """The facts of the seeded sandbox."""

    url: str
    project_id: str
    api_key: str
    operator_key: str


def path_in(home: Path) -> Path:
    """Return where the file of an installation is."""
    return home / NAME


def find(home: Path) -> SandboxFile | None:
    """Read the file; None where there is none; raise SandboxFileError for one that cannot be understood."""
    path = path_in(home)
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        known = SandboxFile(**{field.name: str(read[field.name]) for field in fields(SandboxFile)})
        UUID(known.project_id)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise SandboxFileError(
            f"{path} is damaged, and its keys stand nowhere else. "
            "Put a copy back, or make a new sandbox with: parkgraph seed --replace"
        ) from None
    return known


def get(home: Path) -> SandboxFile:
    """Read the file; raise SandboxFileError where there is none."""
    known = find(home)
    if known is None:
        raise SandboxFileError(f"There is no {path_in(home)}. Make a sandbox with: parkgraph seed")
    return known


def is_announced(home: Path) -> bool:
    """Tell whether a sandbox was being made when an earlier run was cut short."""
    return _part(home).exists()


def announce(home: Path) -> None:
    """Note that a sandbox is about to be made, in the very file that will hold it."""
    part = _part(home)
    part.touch(mode=OWNER_ONLY)
    part.chmod(OWNER_ONLY)


def write(home: Path, sandbox: SandboxFile) -> None:
    """Write the file whole, for its owner's eyes only."""
    announce(home)
    part = _part(home)
    with part.open("w", encoding="utf-8") as opened:
        opened.write(json.dumps(asdict(sandbox), indent=2) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(path_in(home))


def _part(home: Path) -> Path:
    return home / f"{NAME}.part"
