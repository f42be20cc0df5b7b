"""A report as text for people, as CSV and as JSON."""

import csv
import io
import json

from rich.console import Console
from rich.table import Table

from approvals.reports.user_groups import Report

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(report: Report) -> str:
    """Return the report as indented JSON."""
    return json.dumps(report.as_json(), indent=2, ensure_ascii=False)


def as_csv(report: Report) -> str:
    """Return one line for each user group, without the total."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["user_group", "users"])
    for line in report.lines:
        writer.writerow([_harmless(line.user_group), line.users])
    return text.getvalue()


def as_table(report: Report, width: int) -> str:
    """Return lines of text, with the total."""
    table = Table(
        title=f"{report.service_name}: users by user group as of {report.as_of.isoformat()}",
        show_footer=True,
    )
    table.add_column("User group", footer="Total", overflow="fold")
    table.add_column("Users", footer=f"{report.total:,}", justify="right")
    for line in report.lines:
        table.add_row(line.user_group, f"{line.users:,}")
    text = io.StringIO()
    Console(file=text, width=width).print(table)
    return text.getvalue().rstrip("\n")


def _harmless(text: str) -> str:
    """Prefix a cell that a spreadsheet takes for a formula with an apostrophe."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
