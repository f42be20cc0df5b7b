"""A report as a file; each export leaves an audit row."""

from collections.abc import Callable
from typing import Literal

from app.audit import record
from app.database import writing
from approvals.reports import formats
from approvals.reports.user_groups import Report

FileFormat = Literal["csv", "json"]
_FORMATS: dict[FileFormat, Callable[[Report], str]] = {
    "csv": formats.as_csv,
    "json": formats.as_json,
}


def export(report: Report, file: FileFormat) -> str:
    """Return the text of the file."""
    text = _FORMATS[file](report)
    with writing():
        record("report.exported", service=report.service, as_of=report.as_of.isoformat(), file=file)
    return text
