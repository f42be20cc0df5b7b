"""Plain statements: compiled once, run by the database's own driver.

Endpoints that relying services call all day run a handful of statements a request. SQLAlchemy's
session, connection and row objects cost several times the databases' own work there; so do begin
and commit of a transaction that knows nothing of objects.

    _BY_HASH = Plain(select(Code.__table__).where(Code.code_hash == bindparam("hash")))
    found = _BY_HASH.one(hash=...)

A statement joins the transaction that is open: that of `writing()` or `writing_compiled()`, or what
the session is reading. Outside, it runs by itself and sees what has been committed.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Executable, Insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import BindParameter

from app.database import connections as driver_connections
from app.database.engine import db
from app.database.transaction import WRITING, NotWriting

_REQUIRED = object()
Processor = Callable[[Any], Any]


class CompiledStatement:
    """A statement of SQLAlchemy's, ready for the driver.

    Parameters are given by name; those of an INSERT are the table's columns, whose defaults apply.
    Rows are named tuples, their values those that the ORM would give.
    """

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[str, _DialectStatement] = {}

    def one(self, **values: Any) -> Any | None:
        """Return the first row, or None."""
        compiled, cursor = self._execute(values)
        row = cursor.fetchone()
        return None if row is None else compiled.row(row)

    def all(self, **values: Any) -> list[Any]:
        compiled, cursor = self._execute(values)
        return [compiled.row(row) for row in cursor.fetchall()]

    def run(self, **values: Any) -> int:
        """Return how many rows it changed. Raises NotWriting outside a transaction that writes."""
        _require_writing()
        _, cursor = self._execute(values)
        count: int = cursor.rowcount
        return count

    def added(self, **values: Any) -> Any:
        """Return the value that the INSERT returns, or None if it added nothing.

        Raises NotWriting outside a transaction that writes.
        """
        _require_writing()
        _, cursor = self._execute(values)
        row = cursor.fetchone()
        return None if row is None else row[0]

    def add_in_the_end(self, **values: Any) -> None:
        """Run the statement as `run` does, for a row that the transaction does not read."""
        if not driver_connections.in_transaction():
            self.run(**values)
            return
        connections = driver_connections.connections()
        compiled = self._for(connections.dialect)
        connections.add_in_the_end(compiled.text, compiled.parameters(values))

    def _execute(self, values: Mapping[str, Any]) -> tuple[_DialectStatement, Any]:
        if (
            not driver_connections.in_transaction()
            and (session := _session())
            and session.in_transaction()
        ):
            session.flush()
            connection = session.connection()
            compiled = self._for(connection.dialect)
            # The driver's own connection, in the midst of the session's transaction.
            driver: Any = connection.connection.driver_connection
            return compiled, driver.execute(compiled.text, compiled.parameters(values))
        line = driver_connections.current_connection()
        compiled = self._for(line.dialect)
        return compiled, line.execute(compiled.text, compiled.parameters(values))

    def _for(self, dialect: Dialect) -> _DialectStatement:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _DialectStatement(self.statement, dialect)
        return compiled


@contextmanager
def writing_compiled() -> Iterator[None]:
    """Open a transaction as `writing()` does, for compiled statements and `record` alone.

    No object of the ORM may be changed in it.

    Joins a transaction that writes already. Where one of these is open, `writing()` raises.
    """
    session = None if driver_connections.in_transaction() else _session()
    if driver_connections.in_transaction() or (session is not None and WRITING in session.info):
        yield
        return
    if session is not None and session.in_transaction():
        session.commit()
    connections = driver_connections.connections()
    connections.begin()
    try:
        yield
    except BaseException:
        connections.rollback()
        raise
    connections.commit()


def _require_writing() -> None:
    """Raise NotWriting unless a transaction that writes is open."""
    if not driver_connections.in_transaction() and not (
        (session := _session()) and WRITING in session.info
    ):
        raise NotWriting("changes are made inside writing()")


def _session() -> Session | None:
    """Return the session of the present work, or None."""
    sessions = db.session.registry
    # Mostly there is none in the whole process: whose it would be need not be found out.
    return sessions() if sessions.registry and sessions.has() else None


class _Parameter(NamedTuple):
    name: str
    default: Any
    make: Callable[[], Any] | None
    bind: Processor | None


class _DialectStatement:
    """The text for one dialect, and what its types do to parameters and results."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        returned = [(column.key, column.type) for column in statement.exported_columns]
        defaults = _defaults(statement) if isinstance(statement, Insert) else {}
        if defaults and not returned:
            # Else it would ask for the new key.
            statement = statement.inline()
        compiled = statement.compile(
            dialect=dialect, column_keys=list(defaults) if defaults else None
        )
        self.text: str = compiled.string
        self._by_place: bool = compiled.positional
        self._parameters = [
            _parameter(name, compiled.binds[name], defaults, dialect)
            for name in (compiled.positiontup if compiled.positional else compiled.binds)
        ]
        self._names = [parameter.name for parameter in self._parameters]
        self._known = set(self._names)
        names = [name for name, _ in returned]
        self._made = namedtuple("Row", names)._make  # type: ignore[attr-defined]
        self._readers = [
            (place, reader)
            for place, (_, kind) in enumerate(returned)
            if (reader := kind.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver takes them. Raises TypeError for a wrong name."""
        if not self._known.issuperset(values):
            raise TypeError(f"no parameters: {sorted(values.keys() - self._known)}")
        bound = []
        for name, default, make, bind in self._parameters:
            value = values.get(name, default)
            if value is _REQUIRED:
                if make is None:
                    raise TypeError(f"{name} is missing")
                value = make()
            bound.append(value if bind is None or value is None else bind(value))
        return bound if self._by_place else dict(zip(self._names, bound, strict=True))

    def row(self, raw: Any) -> Any:
        if not self._readers:
            return self._made(raw)
        values = list(raw)
        for place, read in self._readers:
            values[place] = read(values[place])
        return self._made(values)


def _parameter(
    name: str, bound: BindParameter[Any], defaults: Mapping[str, Any], dialect: Dialect
) -> _Parameter:
    """Return the statement's constant, or what its column takes if no value is given."""
    default = defaults.get(name, _REQUIRED) if bound.required else bound.value
    make = default if callable(default) else None
    binder = bound.type.dialect_impl(dialect).bind_processor(dialect)
    return _Parameter(name, _REQUIRED if make else default, make, binder)


def _defaults(statement: Insert) -> dict[str, Any]:
    """Return the columns that an INSERT fills: all but a key that the database generates."""
    table: Any = statement.table
    return {
        column.key: _default(column)
        for column in table.columns
        if column is not table.autoincrement_column
    }


def _default(column: Any) -> Any:
    if column.default is None:
        return None if column.nullable else _REQUIRED
    if column.default.is_scalar:
        return column.default.arg
    # SQLAlchemy wraps a function without parameters into one that takes a context.
    return partial(column.default.arg, None)
