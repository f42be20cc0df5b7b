"""Lists on the command line. Nothing in them is ever cut: other commands need what they name."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_UNBOUNDED = 10_000


def print_rows(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None
) -> None:
    """Print a table; on a terminal too narrow for its longest words, a block for each row.

    Into a pipe or a file goes a line for each row.
    """
    console = Console()
    if not console.is_terminal:
        Console(width=_UNBOUNDED).print(_table(headings, rows, title, lines=None))
        return
    table = _table(headings, rows, title, lines=box.HEAVY_HEAD)
    unbounded = console.options.update(max_width=_UNBOUNDED)
    if Measurement.get(console, unbounded, table).minimum <= console.width:
        console.print(table)
        return
    if title:
        console.print(Text(title, style="bold"), "")
    for row in rows:
        console.print(_block(headings, row), "")


def _table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    title: str | None,
    *,
    lines: box.Box | None,
) -> Table:
    table = Table(title=title, title_justify="left", box=lines, pad_edge=lines is not None)
    for place, heading in enumerate(headings):
        # The library narrows columns alike, those of one word as well, were they not held.
        of_one_word = all(len(row[place].split()) <= 1 for row in rows)
        table.add_column(heading, no_wrap=of_one_word, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _block(headings: Sequence[str], row: Sequence[str]) -> Table:
    block = Table.grid(padding=(0, 2))
    block.add_column(no_wrap=True)
    block.add_column(overflow="fold")
    for heading, value in zip(headings, row, strict=True):
        block.add_row(Text(heading, style="bold"), Text(value))
    return block
