"""The database: tables' base class, the session, and the one way to write.

SQLite and PostgreSQL differ in this package, and nowhere else.
"""

from app.database.base import Base, UtcDateTime
from app.database.compiled import CompiledStatement, writing_compiled
from app.database.connections import flush_group, flushed_at_end
from app.database.engine import db, install, restrict_files
from app.database.failures import is_unavailable
from app.database.group_commit import NotCommitted
from app.database.transaction import NotWriting, without_time_limit, writing
from app.database.write_lock import DatabaseBusy, wait_as_a_server, waiting_at_most

__all__ = [
    "Base",
    "CompiledStatement",
    "DatabaseBusy",
    "NotCommitted",
    "NotWriting",
    "UtcDateTime",
    "db",
    "flush_group",
    "flushed_at_end",
    "install",
    "is_unavailable",
    "restrict_files",
    "wait_as_a_server",
    "waiting_at_most",
    "without_time_limit",
    "writing",
    "writing_compiled",
]
