"""`secure-access register` and `secure-access organisations`."""

from __future__ import annotations

import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from app.actors import Actor
from app.cli.names import NAME
from app.cli.refusals import show_refusal
from app.days import NotADate, day_not_in_future, parse_day
from approvals.organisations.kinds import KINDS, Kind

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from approvals.organisations.models import Organisation

register_cli = AppGroup("register", help="The register of schools and groups.")
organisations_cli = AppGroup(
    "organisations", help="Find organisations; add and change those outside the register."
)

_IMPORT = Actor.command("register import")
_ADD = Actor.command("organisations add")
_RENAME = Actor.command("organisations rename")
_FOUND = 50


def _day(text: str) -> date:
    from approvals.organisations.register import values

    try:
        day = values.day(text)
    except values.Unreadable as error:
        raise click.BadParameter(str(error)) from None
    if day is None:
        raise click.BadParameter("a date is needed, such as 2018-02-16")
    try:
        return day_not_in_future(parse_day(day))
    except NotADate as error:
        raise click.BadParameter(f"{error}.") from None


def _as_of(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    return None if text is None else _day(text)


@register_cli.command("import")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--as-of", type=NAME, callback=_as_of, help="Date of files without a date in their names."
)
@click.option(
    "--complete",
    is_flag=True,
    help="Schools and memberships absent from the files have ended.",
)
@click.option("--dry-run", is_flag=True, help="Print the differences and write nothing.")
@click.option("--all", "whole", is_flag=True, help="Print every difference and every rejected row.")
def import_command(
    paths: tuple[Path, ...], as_of: date | None, complete: bool, dry_run: bool, whole: bool
) -> None:
    """Import register files, recognised by their headers, in the order of their dates.

    Load the valid rows, and report the others with line, column and reason. The exit status is 1
    if a file was refused, or if a complete file was treated as an excerpt.
    """
    from rich.console import Console

    from approvals.organisations.importing import trying_only

    as_of = as_of or _asked_for(paths)
    console = Console()
    failed = 0
    with _progress(console) as progress:
        if dry_run:
            with trying_only():
                failed = _import_all(paths, as_of, complete, whole, console, progress, dry_run)
        else:
            failed = _import_all(paths, as_of, complete, whole, console, progress, dry_run)
    if failed:
        raise click.exceptions.Exit(1)


def _asked_for(paths: tuple[Path, ...]) -> date | None:
    """Return the date of register files without one in their names; prompt on a terminal.

    Files that are refused anyway need no date.
    """
    from approvals.organisations.register.layouts import facts_of_file_name

    undated = [
        path.name
        for path in paths
        if facts_of_file_name(path.name).stated_on is None and _is_register_file(path)
    ]
    if not undated:
        return None
    names = ", ".join(undated)
    if sys.stdin.isatty():
        return _day(click.prompt(f"Which day is {names} of", type=str))
    raise click.UsageError(f"Say with --as-of which day this is of: {names}.")


def _is_register_file(path: Path) -> bool:
    from approvals.organisations.importing import RefusedFile
    from approvals.organisations.register.parse_file import check_layout

    try:
        check_layout(path)
    except RefusedFile:
        return False
    return True


def _progress(console: Console) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _import_all(
    paths: tuple[Path, ...],
    as_of: date | None,
    complete: bool,
    whole: bool,
    console: Console,
    progress: Progress,
    dry_run: bool,
) -> int:
    """Import each file and print its report. Return how many did not do what they claim."""
    from approvals.organisations import printing
    from approvals.organisations.importing import RefusedFile, import_file, in_order

    failed = 0
    for path in in_order(paths, as_of):
        task = progress.add_task(path.name, total=None)
        try:
            report = import_file(
                path,
                as_of=as_of,
                complete=complete,
                actor=_IMPORT,
                progress=partial(_show, progress, task),
            )
        except RefusedFile as error:
            failed += 1
            console.print(f"[bold]Refused[/bold]: {printing.plain(str(error))}")
        else:
            failed += report.taken_for_excerpt
            printing.print_report(report, console, whole=whole, dry_run=dry_run)
        finally:
            progress.remove_task(task)
    return failed


def _show(progress: Progress, task: TaskID, rows: int) -> None:
    progress.update(task, completed=rows)


@register_cli.command("generate")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--national", is_flag=True, help="A country of 50,000 schools, not a small county.")
def generate_command(directory: Path, national: bool) -> None:
    """Write a made-up register into DIRECTORY: a small county, or a whole country."""
    from approvals.organisations.synthetic import write_county, write_national

    try:
        written = write_national(directory) if national else write_county(directory)
    except OSError as error:
        where = error.filename or directory
        raise click.ClickException(f"{where} cannot be written: {error.strerror}.") from None
    for path in written:
        click.echo(path)


@organisations_cli.command("add")
@click.argument("name", type=NAME)
@click.option(
    "--kind",
    required=True,
    type=click.Choice([kind.value for kind, facts in KINDS.items() if facts.by_hand]),
)
@click.option("--diocese-code", type=NAME, help="Of a diocese: CE23, RC01.")
@click.option("--ukprn", type=NAME, help="Of a training provider: eight digits.")
def add_command(name: str, kind: str, diocese_code: str | None, ukprn: str | None) -> None:
    """Add a diocese, department, inspectorate, service team or training provider."""
    from approvals.organisations.actions import add_organisation

    with show_refusal():
        organisation = add_organisation(
            Kind(kind), name, diocese_code=diocese_code, ukprn=ukprn, actor=_ADD
        )
    click.echo(organisation.public_id)


@organisations_cli.command("find")
@click.argument("text", type=NAME)
@click.option("--kind", type=click.Choice([kind.value for kind in KINDS]), help="Only this kind.")
@click.option("--limit", default=_FOUND, show_default=True, type=click.IntRange(1, 1000))
def find_command(text: str, kind: str | None, limit: int) -> None:
    """List organisations whose name contains every word of TEXT, or whose identifier is TEXT.

    Each line has the id that other commands accept, the name, and in brackets the kind, the
    identifier and the town.
    """
    from app.clock import today
    from approvals.organisations import queries

    kinds = [Kind(kind)] if kind else []
    found = queries.search(text, kinds=kinds, limit=limit)
    if not found:
        found = queries.search_similar(text, kinds=kinds)[:limit]
        missing = f"No organisation is called {text} or has this identifier."
        if not found:
            raise click.ClickException(missing)
        click.echo(f"{missing} These have a similar name.", err=True)
    for organisation in found:
        parts = [organisation.facts.name]
        parts += [organisation.hint] if organisation.hint != organisation.facts.name else []
        if not queries.is_open(organisation, today()):
            parts.append("not open")
        click.echo(f"{organisation.public_id}  {organisation.name} ({', '.join(parts)})")
    more = queries.search_count(text, kinds=kinds) - len(found)
    if more > 0:
        click.echo(f"{more} more: give more words, --kind, or a higher --limit.", err=True)


@organisations_cli.command("rename")
@click.argument("identifier", type=NAME)
@click.argument("name", type=NAME)
def rename_command(identifier: str, name: str) -> None:
    """Rename an organisation outside the register, from today on."""
    from approvals.organisations.by_hand import rename_organisation

    organisation = named_organisation(identifier)
    before = organisation.name
    with show_refusal():
        rename_organisation(organisation, name, actor=_RENAME)
    click.echo(f"{before} is now called {organisation.name}.")


def named_organisation(identifier: str) -> Organisation:
    """Return the organisation that a command names. Raises ClickException if there is none."""
    from approvals.organisations import queries

    organisation = queries.by_identifier(identifier)
    if organisation is None:
        raise click.ClickException(
            f"There is no organisation with the identifier {identifier}. "
            "`secure-access organisations find` finds organisations by name."
        )
    return organisation
