"""The import of one register file: read, compare, write, audit, in one transaction."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.clock import today
from app.database import without_time_limit, writing
from approvals.organisations.importing import derived, statements
from approvals.organisations.importing.account import Difference, FileReport, counts
from approvals.organisations.importing.tables import blocks
from approvals.organisations.models import Organisation, RegisterFile
from approvals.organisations.register.layouts import NotARegisterFile, claim_of
from approvals.organisations.register.reading import ParsedFile, Progress, read

_CLOSING = "secure_access.organisations_closed"
_MOST_AUDITED_CHANGES = 1_000

WhenClosed = Callable[[Session, Sequence[int]], None]
RefusedFile = NotARegisterFile


class _DryRun(Exception):  # it is no error: it undoes what was only tried
    """Ends the transaction without a trace."""


def when_closed(app: Flask, listener: WhenClosed) -> None:
    """Registers what is to happen, in the same transaction, when an import closes organisations.

    The listener is called with the session and the ids of the organisations.
    """
    app.extensions.setdefault(_CLOSING, []).append(listener)


def in_order(paths: Sequence[Path], as_of: date | None) -> list[Path]:
    """The files in the order of their dates; of one day, in the order of their names."""
    return sorted(paths, key=lambda path: (claim_of(path.name).stated_on or as_of, path.name))


def import_file(
    path: Path,
    *,
    as_of: date | None = None,
    complete: bool = False,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> FileReport:
    """Imports one file. Raises RefusedFile with a sentence when it is not what it claims.

    A file that says nothing new changes nothing, the audit included.
    """
    began = time.perf_counter()
    parsed = read(path, as_of=as_of, complete=complete, progress=progress)
    with writing() as session:
        without_time_limit(session)
        report = _apply(session, parsed, actor)
    return replace(report, seconds=time.perf_counter() - began)


@contextmanager
def trying_only() -> Iterator[None]:
    """What is imported inside is seen by the next file and undone at the end."""
    with writing() as session:
        try:
            yield
        finally:
            session.rollback()


def _apply(session: Session, parsed: ParsedFile, actor: Actor | None) -> FileReport:
    connection = session.connection()
    days = statements.complete_days(connection)
    changes = statements.changes_of(connection, parsed, days)
    known = session.scalar(
        select(RegisterFile.id).where(
            RegisterFile.family == parsed.family,
            RegisterFile.stated_on == parsed.stated_on,
            RegisterFile.sha256 == parsed.sha256,
            RegisterFile.complete == parsed.complete,
        )
    )
    found: Sequence[Difference] = ()
    says_something = bool(changes.after) or known is None
    if says_something:
        statements.write(connection, parsed.family, changes)
        _remember(session, parsed, changes.account.as_dict(), known)
        on = max(today(), parsed.stated_on)
        days = statements.complete_days(connection)
        outcome = derived.renew(connection, parsed.family, changes, days, on)
        found = _with_names(session, outcome.differences)
        session.expire_all()
        if outcome.closed:
            for listener in current_app.extensions.get(_CLOSING, ()):
                listener(session, outcome.closed)
        _audit(parsed, changes.account.as_dict(), found, actor)
    return FileReport(
        name=parsed.name,
        title=parsed.layout.title,
        stated_on=parsed.stated_on.isoformat(),
        complete=parsed.complete,
        account=changes.account,
        differences=found,
        faults=parsed.faults,
        notes=parsed.notes,
        seconds=0.0,
        wrote=says_something,
        taken_for_excerpt=parsed.taken_for_excerpt,
    )


def _remember(
    session: Session, parsed: ParsedFile, account: dict[str, int], known: int | None
) -> None:
    if known is not None:
        session.execute(delete(RegisterFile).where(RegisterFile.id == known))
    session.execute(
        insert(RegisterFile).values(
            family=parsed.family,
            stated_on=parsed.stated_on,
            complete=parsed.complete,
            name=parsed.name,
            sha256=parsed.sha256,
            account=account,
        )
    )


def _with_names(session: Session, differences: Sequence[Difference]) -> list[Difference]:
    """Trusts by name and UID in the place of their ids."""
    ids = {
        int(value)
        for difference in differences
        if difference.change.value.endswith("a trust")
        for value in (difference.before, difference.after)
        if value
    }
    names: dict[str, str] = {"": ""}
    for block in blocks(ids):
        rows = session.execute(
            select(Organisation.id, Organisation.name, Organisation.uid).where(
                Organisation.id.in_(block)
            )
        )
        names.update((str(row.id), f"{row.name} (UID {row.uid})") for row in rows)
    return [
        replace(each, before=names[each.before], after=names[each.after])
        if each.change.value.endswith("a trust")
        else each
        for each in differences
    ]


def _audit(
    parsed: ParsedFile,
    account: dict[str, int],
    differences: Sequence[Difference],
    actor: Actor | None,
) -> None:
    record(
        "register.imported",
        actor=actor,
        file=parsed.name,
        stated_on=parsed.stated_on.isoformat(),
        complete=parsed.complete,
        sha256=parsed.sha256,
        rows=account,
        changes={change.value: number for change, number in counts(differences).items()},
        details=[
            [each.change.value, each.identifier, each.before, each.after]
            for each in differences[:_MOST_AUDITED_CHANGES]
        ],
    )
