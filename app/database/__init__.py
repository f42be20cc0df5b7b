"""The database: tables' base class, the session, and the one way to write.

SQLite and PostgreSQL differ in this package, in `app/waiting.py`, and nowhere else.
"""

from app.database.base import Base, UtcDateTime
from app.database.engine import db, install
from app.database.held import settle
from app.database.plain import Plain, writing_plainly
from app.database.transaction import NotWriting, without_time_limit, writing

__all__ = [
    "Base",
    "NotWriting",
    "Plain",
    "UtcDateTime",
    "db",
    "install",
    "settle",
    "without_time_limit",
    "writing",
    "writing_plainly",
]
