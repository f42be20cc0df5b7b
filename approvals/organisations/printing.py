"""How the import tells a person what it did."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from approvals.organisations.importing.report import Change, FileReport

_FEW = 20


def plain(text: str) -> str:
    """Return text of a file, without control characters of a terminal."""
    return escape("".join(letter if letter.isprintable() else "�" for letter in text))


def print_report(report: FileReport, console: Console, *, whole: bool, dry_run: bool) -> None:
    """Print the report of a file's rows, its differences and its bad rows."""
    extent = "complete" if report.complete else "excerpt"
    if report.taken_for_excerpt:
        extent = "[bold red]taken for an excerpt[/bold red]"
    console.print(
        f"[bold]{plain(report.name)}[/bold]: {report.title} of {report.stated_on}, {extent}, "
        f"{report.seconds:.1f} s"
    )
    account = report.account
    console.print(
        f"  {account.new} new + {account.changed} changed + {account.unchanged} unchanged "
        f"+ {account.history} history + {account.rejected} rejected = {account.read} read"
    )
    for note in report.notes:
        console.print(f"  {plain(note)}")
    _print_differences(report, console, whole=whole)
    _print_faults(report, console, whole=whole)
    if dry_run:
        console.print("  Nothing was written.")
    elif not report.wrote:
        console.print("  Nothing has changed.")


def _print_differences(report: FileReport, console: Console, *, whole: bool) -> None:
    counts = report.counts()
    for change in Change:
        number = counts.get(change, 0)
        if not number:
            continue
        console.print(f"  {number} {change.value}")
        of_change = [each for each in report.differences if each.change is change]
        shown = of_change if whole else of_change[:_FEW]
        for each in shown:
            detail = " to ".join(plain(part) for part in (each.before, each.after) if part)
            detail = f" ({detail})" if detail else ""
            console.print(f"    {each.identifier} {plain(each.name)}{detail}", highlight=False)
        if len(shown) < number:
            console.print(f"    and {number - len(shown)} more: --all lists them")


def _print_faults(report: FileReport, console: Console, *, whole: bool) -> None:
    if not report.faults:
        return
    table = Table(title="Rows that were not loaded")
    for heading in ("File", "Line", "Column", "Reason"):
        table.add_column(heading, overflow="fold")
    shown = report.faults if whole else report.faults[: 5 * _FEW]
    for fault in shown:
        table.add_row(plain(fault.file), str(fault.line), plain(fault.column), plain(fault.reason))
    console.print(table)
    if len(shown) < len(report.faults):
        console.print(f"  and {len(report.faults) - len(shown)} more: --all lists them")
