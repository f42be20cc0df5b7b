"""Bringing register files into the database."""

from approvals.organisations.importing.account import FileReport
from approvals.organisations.importing.action import (
    RefusedFile,
    import_file,
    in_order,
    trying_only,
)
from approvals.organisations.importing.closing import end_closed, when_closed

__all__ = [
    "FileReport",
    "RefusedFile",
    "end_closed",
    "import_file",
    "in_order",
    "trying_only",
    "when_closed",
]
