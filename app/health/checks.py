"""Checks that must pass before the service receives traffic, and details that rooms add."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import false, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.composition import ExtensionPoint
from app.context import PerApplication
from app.database import db, is_unavailable, waiting_at_most, writing
from app.database.readiness import Readiness
from app.database.schema import schema_is_current
from app.database.write_lock import PROBE_SECONDS
from app.outbox.models import OutboxMail

SECONDS_OF_SUCCESS = 1.0
CLOCK_TOLERANCE = timedelta(seconds=30)
WRITE_SLACK = timedelta(minutes=10)
"""Difference of two workers' clocks. The check of the clock reports the wrong one."""
LEAST_FREE_BYTES = 4 * 1024 * 1024
_SORT_ON_DISK = """
SELECT count(*) FROM (
    SELECT repeat(md5(n::text), 8) AS filler FROM generate_series(1, 2000) AS n
    ORDER BY filler OFFSET 0
) AS sorted
"""
_LOST = "The database does not keep what is written."

Check = Callable[[], str | None]
"""Answers None when all is well, else a sentence without secrets."""


@dataclass(frozen=True)
class Detail:
    """A sentence of `/readyz` that operators should know, by its name."""

    name: str
    describe: Check


@dataclass
class _Moment:
    """A moment of the monotonic clock."""

    moment: float = 0.0


CHECKS = ExtensionPoint[Detail]("checks of readiness", named=lambda check: check.name)
"""Checks of other rooms. A sentence makes the process unready."""
_PASSED_UNTIL = PerApplication("secure_access.readiness_passed_until", _Moment)
DETAILS = ExtensionPoint[Detail]("details of readiness", named=lambda detail: detail.name)


def details() -> dict[str, str]:
    """Return the sentences of what operators should know, by its name."""
    found: dict[str, str] = {}
    with waiting_at_most(PROBE_SECONDS):
        for detail in DETAILS.values():
            try:
                sentence = detail.describe()
            except SQLAlchemyError:
                # The others would wait for the database again.
                db.session.rollback()
                return found
            if sentence:
                found[detail.name] = sentence
    return found


def failures() -> dict[str, str]:
    """Run the checks and return the failures, by the name of the check.

    The checks write to the database, so their success counts for a second.
    """
    if time.monotonic() < _PASSED_UNTIL().moment:
        return {}
    found = _run_checks()
    _PASSED_UNTIL().moment = 0.0 if found else time.monotonic() + SECONDS_OF_SUCCESS
    return found


def _run_checks() -> dict[str, str]:
    checks: dict[str, Check] = {
        "database": _database_takes_writes,
        "migrations": schema_is_current,
        "disk": _disk_has_room,
        "clock": _clock_is_right,
        **{check.name: check.describe for check in CHECKS.values()},
    }
    found: dict[str, str] = {}
    with waiting_at_most(PROBE_SECONDS):
        for name, function in checks.items():
            try:
                sentence = function()
            except Exception as error:
                if not isinstance(error, SQLAlchemyError) and not is_unavailable(error):
                    raise
                # The other checks would wait for it again.
                found[name] = f"The database does not answer: {type(error).__name__}."
                db.session.rollback()
                return found
            if sentence:
                found[name] = sentence
    return found


def _database_takes_writes() -> str | None:
    """Write a row, commit it and read it back: a full disk fails at one of these."""
    moment = now()
    with writing() as session:
        session.execute(update(Readiness).values(written_at=moment))
        # Changes nothing, and waits for whoever has locked the table.
        session.execute(update(OutboxMail).where(false()).values(state=OutboxMail.state))
    written = db.session.scalar(select(Readiness.written_at))
    # Another worker may have written since.
    return None if written is not None and written >= moment - WRITE_SLACK else _LOST


def _disk_has_room() -> str | None:
    """Fail if the database's disk is full, which the write of one row may not notice."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        free = shutil.disk_usage(Path(url.database or "").parent).free
        return None if free >= LEAST_FREE_BYTES else "The disk of the database is full."
    # The sort needs half a megabyte of temporary files, since it may use no more memory.
    db.session.execute(text("SET LOCAL work_mem = '64kB'"))
    db.session.execute(text(_SORT_ON_DISK))
    return None


def _clock_is_right() -> str | None:
    """Compare the clock with the database's, where that is another machine's."""
    if db.engine.dialect.name == "sqlite":
        return None
    theirs = db.session.scalar(select(func.clock_timestamp()))
    off = abs(now() - theirs) if theirs is not None else timedelta(0)
    if off <= CLOCK_TOLERANCE:
        return None
    return f"The clock is {round(off.total_seconds())} seconds off the database's."
