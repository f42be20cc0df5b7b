"""Writers of the units of a group in one transaction, one for each database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Dialect, Engine, event

from app.database.combined import combined
from app.database.compiled import Change
from app.database.dbapi_connection import Bound, DbapiConnection
from app.database.driver import Parameters
from app.database.group_commit import QueuedUnit, UnitWriter
from app.database.write_lock import hold_write_lock


class SqliteWriter:
    """Claims in the order of their arrival, then the changes of all units at once.

    SQLite's driver gives up the interpreter's lock for each statement, so rows of one kind are
    added by one statement.
    """

    def __init__(self, connection: DbapiConnection) -> None:
        self._connection = connection

    def bind(self, claim: Change | None, changes: Sequence[Change]) -> QueuedUnit:
        dialect = self._connection.dialect
        bound_claim = None if claim is None else _bind(claim, dialect)
        return QueuedUnit(bound_claim, [_bind(change, dialect) for change in changes])

    def write(self, units: Sequence[QueuedUnit]) -> None:
        """Write the units in one transaction. Raises DatabaseBusy and the driver's errors."""
        with hold_write_lock("sqlite"):
            self._connection.begin()
            try:
                rows: dict[str, list[Parameters]] = {}
                for unit in units:
                    unit.claimed = unit.claim is None or self._claims(unit.claim)
                    for text, parameters in unit.statements if unit.claimed else ():
                        rows.setdefault(text, []).append(parameters)
                for text, many in rows.items():
                    self._connection.execute_many(text, many)
                self._connection.commit()
            finally:
                if self._connection.writing:
                    self._connection.rollback()

    def _claims(self, claim: Bound) -> bool:
        return bool(self._connection.execute(claim).rowcount == 1)


class PostgresqlWriter:
    """Each unit one statement, all statements of a group in one round trip and transaction."""

    def __init__(self, connection: DbapiConnection) -> None:
        self._connection = connection

    def bind(self, claim: Change | None, changes: Sequence[Change]) -> QueuedUnit:
        """Return the unit as one statement, which contains its claim."""
        statement = _bind(combined(claim, tuple(changes)), self._connection.dialect)
        return QueuedUnit(None, [statement], lock_order=_lock_order(claim))

    def write(self, units: Sequence[QueuedUnit]) -> None:
        """Write the units in one transaction. Raises the driver's errors."""
        # All workers lock rows in the same order, so that no two wait for each other.
        ordered = sorted(units, key=lambda unit: unit.lock_order)
        rows = self._connection.write([unit.statements[0] for unit in ordered])
        for unit, (changed,) in zip(ordered, rows, strict=True):
            unit.claimed = changed == 1


def writer_for(engine: Engine) -> UnitWriter:
    """Return the writer for the engine's database, with a connection of its own."""
    connection = DbapiConnection(engine)
    event.listen(engine, "engine_disposed", lambda _engine: connection.close())
    return (SqliteWriter if engine.dialect.name == "sqlite" else PostgresqlWriter)(connection)


def _lock_order(claim: Change | None) -> tuple[str, str]:
    """Return the table and the key of the claim's row, which is the first of its values."""
    if claim is None:
        return ("", "")
    return (claim.statement.table_name, str(next(iter(claim.values.values()))))


def _bind(change: Change, dialect: Dialect) -> Bound:
    return change.statement.for_dialect(dialect).bind(change.values)
