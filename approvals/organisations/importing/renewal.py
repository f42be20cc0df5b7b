"""Working out the whole register anew, after a release that changed how it is worked out."""

from sqlalchemy import Connection, Row, select, update

from app.actors import Actor
from app.audit import record
from app.clock import today
from app.database import db, writing
from approvals.organisations.importing import staging, statements
from approvals.organisations.importing.closing import end_closed
from approvals.organisations.importing.projections import Renewal
from approvals.organisations.importing.report import count_rows
from approvals.organisations.importing.statements import Changes
from approvals.organisations.importing.tables import FILES, STATEMENTS

RULES = 2
"""The number of the rules of `register/timeline.py`. Raise it when they answer otherwise."""
_KEY = "rules"
_NO_FAMILY = ""


def marked(account: dict[str, int]) -> dict[str, int]:
    """Add to a file's report the rules by which its rows were processed."""
    return {**account, _KEY: RULES}


def renew_register() -> str:
    """Work out anew what older rules worked out. Return what was done, in a few words."""
    with db.engine.connect() as connection:
        newest = _newest_file(connection)
    if newest is None:
        return "no file was imported"
    if newest.account.get(_KEY) == RULES:
        return "worked out by the present rules"
    with staging.prepared_on(db.engine) as connection:
        subjects = set(connection.scalars(select(STATEMENTS.c.subject).distinct()))
        days = statements.complete_days(connection)
        changes = Changes({}, touched=subjects)
        outcome = Renewal(connection, _NO_FAMILY, changes, days, today()).run()
        with writing(connection) as session:
            if _newest_file(connection) != newest:
                return "another import ran: run setup again"
            staging.apply(connection)
            connection.execute(
                update(FILES).where(FILES.c.id == newest.id).values(account=marked(newest.account))
            )
            session.expire_all()
            end_closed(session, outcome.closed)
            changed = {
                change.value: number for change, number in count_rows(outcome.differences).items()
            }
            record(
                "register.renewed",
                actor=Actor.command("setup"),
                rules=RULES,
                changes=changed,
            )
    return f"worked out anew, {len(outcome.differences)} differences today"


def _newest_file(connection: Connection) -> Row[int, dict[str, object]] | None:
    """Return id and report of the newest file, or None."""
    return connection.execute(
        select(FILES.c.id, FILES.c.account).order_by(FILES.c.public_id.desc()).limit(1)
    ).first()
