"""Bringing register files into the database."""

from approvals.organisations.importing.action import (
    RefusedFile,
    import_file,
    in_order,
    trying_only,
)
from approvals.organisations.importing.closing import WHEN_CLOSED, end_closed
from approvals.organisations.importing.report import FileReport

__all__ = [
    "WHEN_CLOSED",
    "FileReport",
    "RefusedFile",
    "end_closed",
    "import_file",
    "in_order",
    "trying_only",
]
