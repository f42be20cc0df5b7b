"""Checks that must pass before the service receives traffic, and details that rooms add."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import false, text, update
from sqlalchemy.exc import SQLAlchemyError

from app.composition import ExtensionPoint
from app.database import db, is_unavailable, waiting_at_most, writing
from app.database.schema import schema_is_current
from app.database.write_lock import PROBE_SECONDS
from app.outbox.models import OutboxMail

Check = Callable[[], str | None]
"""Answers None when all is well, else a sentence without secrets."""


@dataclass(frozen=True)
class Detail:
    """Something in `/readyz` that operators should know and that does not make it fail."""

    name: str
    describe: Check


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
    """Run the checks and return the failures, by the name of the check."""
    checks: dict[str, Check] = {
        "database": _database_takes_writes,
        "migrations": schema_is_current,
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
    with writing() as session:
        session.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS readiness (at INTEGER)"))
        session.execute(text("DELETE FROM readiness"))
        # Changes nothing, and waits for whoever has locked the table.
        session.execute(update(OutboxMail).where(false()).values(state=OutboxMail.state))
    return None
