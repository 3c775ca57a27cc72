"""parkgraph: the command line."""

from importlib import import_module
from typing import Any, NamedTuple

import click

from app.commands import failures


class Entry(NamedTuple):
    """Where a command is, and what it is for."""

    place: str
    purpose: str


SECTIONS = {
    "Serve": {
        "run": Entry("app.commands.serving:run", "Run a server with a sandbox in it"),
        "serve": Entry("app.commands.serving:serve", "Run the server alone"),
        "worker": Entry("app.commands.serving:worker", "Run the background work alone"),
        "mcp": Entry("app.commands.mcp:mcp", "Give a desktop client the tools of a running server"),
    },
    "Set up": {
        "migrate": Entry("app.commands.data:migrate", "Bring the database to this version"),
        "seed": Entry("app.commands.data:seed", "Make a sandbox with synthetic lots"),
    },
    "Look after it": {
        "operators": Entry("app.commands.operators:operators", "Take on the companies that run lots"),
        "projects": Entry("app.commands.projects:projects", "Open and change what keys belong to"),
        "lots": Entry("app.commands.lots:lots", "Import lots from CSV and GeoJSON"),
        "keys": Entry("app.commands.keys:keys", "Make, list, rotate, revoke and limit API keys"),
        "payments": Entry("app.commands.payments:payments", "Compare holds with the payment processor's"),
    },
    "Look into it": {
        "ledger": Entry("app.commands.ledger:ledger", "Verify the ledger"),
        "audit": Entry("app.commands.audit:audit", "Seal, sign and verify the audit log"),
        "trace": Entry("app.commands.traces:trace", "Say what one request was and did"),
        "sandbox": Entry("app.commands.sandbox:sandbox", "Show what the embedded processor holds"),
        "contract": Entry(
            "app.commands.contract:contract", "Print the contract's published forms, or check it"
        ),
    },
}
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class CommandLine(click.Group):
    """Load a command when it is asked for, so that none pays for what another one stands on."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None for a name that is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for."""
        for section, entries in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, entry.purpose) for name, entry in entries.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what an operator can put right is said in one sentence."""
        with failures.in_one_sentence():
            return super().invoke(ctx)


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parkgraph-server", prog_name="Park Graph")
def main() -> None:
    """Run a Park Graph server and look after it.

    Settings come from the environment (PARKGRAPH_HOME, PORT and others); README.md lists them all.
    """


if __name__ == "__main__":
    main(prog_name="parkgraph")
