"""The database: tables' base class, the session, and the one way to write.

SQLite and PostgreSQL differ in this package, and nowhere else.
"""

from app.database.base import Base, UtcDateTime
from app.database.engine import db, install, restrict_files
from app.database.failures import is_unavailable
from app.database.held import settle, settled_in_the_end
from app.database.plain import Plain, writing_plainly
from app.database.together import NotCommitted
from app.database.transaction import NotWriting, without_time_limit, writing
from app.database.writers import DatabaseBusy, wait_as_a_server, waiting_at_most

__all__ = [
    "Base",
    "DatabaseBusy",
    "NotCommitted",
    "NotWriting",
    "Plain",
    "UtcDateTime",
    "db",
    "install",
    "is_unavailable",
    "restrict_files",
    "settle",
    "settled_in_the_end",
    "wait_as_a_server",
    "waiting_at_most",
    "without_time_limit",
    "writing",
    "writing_plainly",
]
