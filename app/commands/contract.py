"""parkgraph contract: the written contract, in every form that is published."""

import click

from app.commands import releases
from app.commands.counting import counted
from app.contract import lints, published
from app.contract.document import Contract
from app.settings import from_environment


@click.group()
def contract() -> None:
    """Print the contract in its published forms, check it, and release it."""


@contract.command()
@click.argument("form", type=click.Choice(published.NAMES), metavar="FORM")
def show(form: str) -> None:
    """Print one published form.

    \b
    openapi.yaml, openapi.json   the whole contract, folded into one document
    chatgpt.yaml, chatgpt.json   what the GPT builder imports
    ai-plugin.json               the plugin manifest
    copilot-plugin.json          what Microsoft 365 Copilot imports
    copilot-openapi.json         the document that this leads to
    agent-plugin.zip             the plugin package that ChatGPT and others take
    agent-plugin.json            its manifest; -mcp.json and -skill.md its files
    PLATFORM-tools.json          the actions as tools of an agent platform

    PLATFORM is responses or realtime (both OpenAI's), xai, perplexity, anthropic, gemini or mcp.

    PARKGRAPH_PUBLIC_URL stands in a form where it is set, else https://parkgraph.com.
    """
    forms = published.forms(Contract.read(), public_url=from_environment().public_url)
    click.echo(forms[form].body, nl=False)


@contract.command()
def forms() -> None:
    """List the published forms and where a server has them."""
    for form in published.forms(Contract.read()).values():
        click.echo(f"{form.name:<24}{form.path}")


@contract.command()
def lint() -> None:
    """Check the contract.

    Against OpenAPI itself, against our own style, and against what the GPT builder, readers of plugin
    manifests and agent platforms take.
    """
    findings = lints.check(Contract.read())
    for finding in findings:
        click.echo(str(finding), err=True)
    if findings:
        raise click.ClickException(f"The contract breaks {counted(len(findings), 'rule')}.")
    click.echo("The contract keeps every rule.")


contract.add_command(releases.changes)
contract.add_command(releases.release)
