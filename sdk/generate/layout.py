"""How generated code is laid out: docstrings, and everything else as Ruff lays it out."""

import subprocess
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
WIDTH: Final = 110


def docstring(paragraphs: Iterable[str], *, indent: int) -> str:
    """Write a docstring of paragraphs; those that begin with a space keep their lines."""
    margin = " " * indent
    texts = [text.replace("\\", "\\\\").replace('"""', "'''") for text in paragraphs]
    first, *others = [text if text.startswith(" ") else filled(text, indent=indent) for text in texts]
    if not others and "\n" not in first and len(first) + indent + 6 <= WIDTH:
        return f'{margin}"""{first}"""\n'
    if not first.startswith(" "):
        first = filled(texts[0], indent=indent, before=6)  # the quotes on both sides
    rest = "".join(f"\n\n{text if text.startswith(' ') else margin + text}" for text in others)
    return f'{margin}"""{first}{rest}\n{margin}"""\n'


def filled(text: str, *, indent: int, before: int = 0) -> str:
    """Break a text into lines, of which the first stands behind the margin already."""
    lines = textwrap.wrap(
        text,
        width=WIDTH - indent,
        initial_indent=" " * before,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"\n{' ' * indent}".join(lines).lstrip()


def entry(name: str, text: str, *, indent: int) -> str:
    """Write one argument of a list of arguments."""
    lines = textwrap.wrap(
        f"{name}: {text}", width=WIDTH - indent - 4, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join([" " * indent + lines[0], *(" " * (indent + 4) + line for line in lines[1:])])


def tidy(folder: Path) -> None:
    """Let Ruff sort imports, leave out those that are not needed, and lay the code out."""
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--quiet", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    fixes = ["check", "--select", "F401,I001", "--fix"]
    for command in (fixes, ["format"]):
        subprocess.run([*ruff, *command, *settings, str(folder)], check=True, cwd=ROOT)
