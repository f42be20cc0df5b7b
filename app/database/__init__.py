"""The database: tables' base class, the session, and the one way to write.

SQLite and PostgreSQL differ in this package, and nowhere else.
"""

from app.database.base import Base, UtcDateTime
from app.database.compiled import (
    Change,
    ChildInsert,
    CompiledQuery,
    CompiledStatement,
    Query,
    read_together,
)
from app.database.deadline import request_deadline
from app.database.engine import db, restrict_files
from app.database.failures import database_errors, is_deleted_meanwhile, is_unavailable
from app.database.group_commit import NotCommitted
from app.database.transaction import NotWriting, is_writing, without_time_limit, writing
from app.database.unit_of_work import commit_unit
from app.database.write_lock import DatabaseBusy, wait_as_a_server, waiting_at_most

__all__ = [
    "Base",
    "Change",
    "ChildInsert",
    "CompiledQuery",
    "CompiledStatement",
    "DatabaseBusy",
    "NotCommitted",
    "NotWriting",
    "Query",
    "UtcDateTime",
    "commit_unit",
    "database_errors",
    "db",
    "is_deleted_meanwhile",
    "is_unavailable",
    "is_writing",
    "read_together",
    "request_deadline",
    "restrict_files",
    "wait_as_a_server",
    "waiting_at_most",
    "without_time_limit",
    "writing",
]
