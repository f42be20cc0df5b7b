"""Bringing register files into the database."""

from approvals.organisations.importing.action import (
    RefusedFile,
    import_file,
    in_order,
    trying_only,
)
from approvals.organisations.importing.closing import end_closed, when_closed
from approvals.organisations.importing.report import FileReport

__all__ = [
    "FileReport",
    "RefusedFile",
    "end_closed",
    "import_file",
    "in_order",
    "trying_only",
    "when_closed",
]
