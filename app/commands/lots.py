"""parkgraph lots: bring lists of lots into an installation."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click

from app.commands import installation, options, tables
from app.commands.counting import counted
from app.services import lot_imports, projects
from app.services.lot_files import Fault
from app.services.lot_imports import Progress, Report


@click.group()
def lots() -> None:
    """Bring lists of lots into an installation."""


@lots.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.project
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--strict", is_flag=True, help="Write nothing if there is one error.")
def take(file: Path, project_id: UUID | None, dry_run: bool, strict: bool) -> None:
    """Take the lots of a file.

    FILE is a CSV with a line of column names, or a GeoJSON FeatureCollection of points; README.md lists the
    columns. A lot that was imported before is known again by its external_id and brought up to date.

    Rows with errors are skipped and listed with line, field and reason; rows with warnings are taken. The
    code is not 0 if no row can be taken, and with --strict if there is one error: then nothing is written.
    """
    caller = installation.caller_for(installation.connect(), project_id)
    project = projects.of(caller)
    with _bar() as progress:
        report = lot_imports.run(
            caller,
            file,
            world_id=project.world_id,
            operator_id=project.operator_id,
            dry_run=dry_run,
            strict=strict,
            progress=progress,
        )
    show(report, dry_run=dry_run)
    if strict and report.errors:
        raise click.ClickException("Nothing was written, because the file has errors.")
    if report.errors and not report.taken:
        raise click.ClickException("No row was taken, because each one has an error.")


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show how far an import is, on a terminal."""
    on_terminal = sys.stderr.isatty()
    with click.progressbar(length=1, label="Lots", file=sys.stderr, hidden=not on_terminal) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress


def show(report: Report, *, dry_run: bool) -> None:
    """Print what an import did, its errors line by line, and its warnings by kind."""
    would = "would be " if dry_run else ""
    click.echo(
        f"{counted(report.taken, 'row')} {would}taken: {report.created} new, {report.updated} changed, "
        f"{report.unchanged} as before. "
        f"{counted(len(report.errors), 'error')}, {counted(len(report.warnings), 'warning')}."
    )
    if report.ignored_columns:
        click.echo(f"Columns that are not known and were ignored: {', '.join(report.ignored_columns)}.")
    if report.errors:
        click.echo("\nErrors, whose rows are skipped:")
        tables.show(("line", "field", "reason"), _rows(report.errors))
    if report.warnings:
        click.echo("\nWarnings, whose rows are taken, by kind:")
        tables.show(("rows", "kind"), [(many, kind) for kind, many in report.warnings_by_kind.items()])
        click.echo("\nWarnings, line by line:")
        tables.show(("line", "field", "reason"), _rows(report.warnings))


def _rows(faults: Sequence[Fault]) -> list[tuple[object, ...]]:
    return [(fault.line, fault.field, fault.reason) for fault in faults]
