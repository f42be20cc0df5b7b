"""The import of one register file: read, prepared without a lock, made to count at once.

Everything that takes long (reading, comparing, working out) goes into temporary tables
(`staging`). One short transaction then copies them into the register, with the audit row and
everything that ends because an organisation closes. An import that is killed before it has changed
nothing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, select

from app.actors import Actor
from app.audit import record
from app.clock import now, today
from app.database import db, writing
from app.identifiers import new_id
from approvals.organisations.importing import bodies, scratch, staging, statements
from approvals.organisations.importing.closing import end_closed
from approvals.organisations.importing.projections import Renewal
from approvals.organisations.importing.renewal import marked
from approvals.organisations.importing.report import Difference, FileReport, count_rows
from approvals.organisations.importing.statements import Changes
from approvals.organisations.importing.tables import FILES
from approvals.organisations.register.layouts import NotARegisterFile, facts_of_file_name
from approvals.organisations.register.parse_file import ParsedFile, Progress, read
from identity.oidc.cache import raise_revision

_MOST_AUDITED_CHANGES = 1_000
_ATTEMPTS = 3

RefusedFile = NotARegisterFile

_scratch: ContextVar[Engine | None] = ContextVar("register_scratch", default=None)


class _Overtaken(Exception):
    """Another import ended while this one prepared: it has to be prepared anew."""


@dataclass(frozen=True)
class _Plan:
    """A prepared import. `earlier` is the row of the same file, where it was imported before.

    `revision` is the newest register file when it was prepared: the plan holds for no other state.
    """

    changes: Changes
    earlier: int | None
    revision: str | None
    differences: Sequence[Difference] = ()
    closed: Sequence[int] = ()

    @property
    def says_something(self) -> bool:
        return bool(self.changes.after) or self.earlier is None


def in_order(paths: Sequence[Path], as_of: date | None) -> list[Path]:
    """Return the files by date; those of one day by name."""
    return sorted(
        paths, key=lambda path: (facts_of_file_name(path.name).stated_on or as_of, path.name)
    )


def import_file(
    path: Path,
    *,
    as_of: date | None = None,
    complete: bool = False,
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> FileReport:
    """Import one file. Raises RefusedFile with a sentence when it is not what it claims.

    A file that says nothing new changes nothing, the audit included. Not inside `writing()`.
    """
    began = time.perf_counter()
    parsed = read(path, as_of=as_of, complete=complete, progress=progress)
    report = _import(parsed, actor)
    return replace(report, seconds=time.perf_counter() - began)


@contextmanager
def trying_only() -> Iterator[None]:
    """Run the imports inside the block on a copy of the register, one after the other."""
    with scratch.copy_of_register(db.engine) as engine:
        token = _scratch.set(engine)
        try:
            yield
        finally:
            _scratch.reset(token)


def _import(parsed: ParsedFile, actor: Actor | None) -> FileReport:
    trial = _scratch.get()
    for _ in range(_ATTEMPTS):
        with staging.prepared_on(trial or db.engine) as connection:
            plan = _prepare(connection, parsed)
            try:
                if plan.says_something and trial is None:
                    _make_count(connection, parsed, plan, actor)
                elif plan.says_something:
                    _apply(connection, parsed, plan)
                    connection.commit()
            except _Overtaken:
                continue
            return _report(parsed, plan)
    raise RefusedFile(
        f"{parsed.name} was not imported, because other imports ran at the same time. Import it "
        "again when they have ended."
    )


def _prepare(connection: Connection, parsed: ParsedFile) -> _Plan:
    """Stage what the file changes. Takes no lock; the longest part of an import."""
    revision = _revision(connection)
    days = statements.complete_days(connection)
    changes = statements.changes_of(connection, parsed, days)
    earlier = connection.scalar(
        select(FILES.c.id).where(
            FILES.c.family == parsed.family,
            FILES.c.stated_on == parsed.stated_on,
            FILES.c.sha256 == parsed.sha256,
            FILES.c.complete == parsed.complete,
        )
    )
    connection.commit()
    plan = _Plan(changes, earlier, revision)
    if not plan.says_something:
        return plan
    statements.stage(connection, parsed.family, changes)
    connection.commit()
    if parsed.complete and parsed.stated_on not in days.get(parsed.family, []):
        days[parsed.family] = sorted([*days.get(parsed.family, []), parsed.stated_on])
    on = max(today(), parsed.stated_on)
    outcome = Renewal(connection, parsed.family, changes, days, on).run()
    found = _with_names(connection, outcome.differences)
    if outcome.moves.numbers:
        schools = bodies.schools_of(connection, on)
        found += bodies.differences(connection, outcome.moves, schools)
    connection.commit()
    return replace(plan, differences=found, closed=outcome.closed)


def _make_count(
    connection: Connection, parsed: ParsedFile, plan: _Plan, actor: Actor | None
) -> None:
    """Copy what was staged into the register, in one transaction with everything that follows."""
    with writing(connection) as session:
        if _revision(connection) != plan.revision:
            raise _Overtaken
        _apply(connection, parsed, plan)
        session.expire_all()
        end_closed(session, plan.closed)
        raise_revision()
        _audit(parsed, plan, actor)


def _apply(connection: Connection, parsed: ParsedFile, plan: _Plan) -> None:
    staging.apply(connection)
    if plan.earlier is not None:
        connection.execute(delete(FILES).where(FILES.c.id == plan.earlier))
    connection.execute(
        insert(FILES).values(
            public_id=new_id(),
            family=parsed.family,
            stated_on=parsed.stated_on,
            complete=parsed.complete,
            name=parsed.name,
            sha256=parsed.sha256,
            account=marked(plan.changes.account.as_dict()),
            imported_at=now(),
        )
    )


def _revision(connection: Connection) -> str | None:
    revision: str | None = connection.scalar(select(func.max(FILES.c.public_id)))
    return revision


def _with_names(connection: Connection, differences: Sequence[Difference]) -> list[Difference]:
    """Return trusts by name and UID in place of their keys."""
    of_trusts = [each for each in differences if each.change.is_of_trust]
    keys = {key for each in of_trusts for key in (each.before, each.after) if key}
    names = {
        key: f"{name} ({bodies.label(key)})"
        for key, name in bodies.names_of(connection, keys).items()
    }
    return [
        replace(each, before=names.get(each.before, ""), after=names.get(each.after, ""))
        if each.change.is_of_trust
        else each
        for each in differences
    ]


def _report(parsed: ParsedFile, plan: _Plan) -> FileReport:
    return FileReport(
        name=parsed.name,
        title=parsed.layout.title,
        stated_on=parsed.stated_on.isoformat(),
        complete=parsed.complete,
        account=plan.changes.account,
        differences=plan.differences,
        faults=parsed.faults,
        notes=parsed.notes,
        seconds=0.0,
        wrote=plan.says_something,
        taken_for_excerpt=parsed.taken_for_excerpt,
    )


def _audit(parsed: ParsedFile, plan: _Plan, actor: Actor | None) -> None:
    record(
        "register.imported",
        actor=actor,
        file=parsed.name,
        stated_on=parsed.stated_on.isoformat(),
        complete=parsed.complete,
        sha256=parsed.sha256,
        rows=plan.changes.account.as_dict(),
        changes={change.value: number for change, number in count_rows(plan.differences).items()},
        details=[
            [each.change.value, each.identifier, each.before, each.after]
            for each in plan.differences[:_MOST_AUDITED_CHANGES]
        ],
    )
