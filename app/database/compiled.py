"""Compiled statements: compiled once, executed by the database's own driver.

Endpoints that relying services call all day execute a handful of statements a request. SQLAlchemy's
session, connection and row objects cost several times the databases' own work there.

    _BY_HASH = CompiledStatement(select(Code.__table__).where(Code.code_hash == bindparam("hash")))
    found = _BY_HASH.one(hash=...)

A statement joins the transaction that the session has open, in which `writing()` writes or a page
reads. Otherwise it is executed by itself and reads what is committed. A statement that writes is
executed inside `writing()`, or becomes part of a unit of work (`with_values`, `commit_unit`).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Executable, Insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import BindParameter

from app.database.connections import connections
from app.database.dbapi_connection import Bound
from app.database.engine import db
from app.database.transaction import WRITING, NotWriting

REQUIRED = object()
"""In place of a default, for a parameter that has to be given."""
Processor = Callable[[Any], Any]


class CompiledStatement:
    """A statement of SQLAlchemy's, ready for the driver.

    Parameters are given by name; those of an INSERT are the table's columns, whose defaults apply.
    Rows are named tuples, their values those that the ORM would give.
    """

    def __init__(self, statement: Executable, defaults: Mapping[str, Any] | None = None) -> None:
        self.statement = statement
        if defaults is None:
            defaults = _column_defaults(statement) if isinstance(statement, Insert) else {}
        self.defaults = defaults
        self._compiled: dict[str, DialectStatement] = {}

    def one(self, **values: Any) -> Any | None:
        """Return the first row, or None."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def all(self, **values: Any) -> list[Any]:
        """Return the rows that the statement returns."""
        return self.query(**values).all()

    def query(self, **values: Any) -> Query:
        """Return the statement with its values, to be read together with others."""
        return Query(self, values)

    def run(self, **values: Any) -> int:
        """Return how many rows it changed. Raises NotWriting outside `writing()`."""
        _, cursor = self.execute(_writing_session(), values)
        count: int = cursor.rowcount
        return count

    def added(self, **values: Any) -> Any:
        """Return the value that the INSERT returns, or None if it added nothing.

        Raises NotWriting outside `writing()`.
        """
        _, cursor = self.execute(_writing_session(), values)
        row = cursor.fetchone()
        return None if row is None else row[0]

    def with_values(self, **values: Any) -> Change:
        """Return the statement with its values, as a change of a unit of work."""
        return Change(self, values)

    def for_dialect(self, dialect: Dialect) -> DialectStatement:
        """Return the statement as that database executes it."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = DialectStatement(self.statement, self.defaults, dialect)
            self._compiled[dialect.name] = compiled
        return compiled

    def execute(self, session: Session, values: Mapping[str, Any]) -> tuple[DialectStatement, Any]:
        """Execute the statement in the session's transaction, and return the driver's cursor."""
        session.flush()
        connection = session.connection()
        compiled = self.for_dialect(connection.dialect)
        # The driver's own connection, in the midst of the session's transaction.
        driver: Any = connection.connection.driver_connection
        return compiled, driver.execute(*compiled.bind(values))


@dataclass(frozen=True, slots=True)
class Query:
    """A statement that reads, and its values."""

    statement: CompiledStatement
    values: Mapping[str, Any]

    def all(self) -> list[Any]:
        """Return the rows that the statement returns."""
        return read_together(self)[0]


def read_together(*queries: Query) -> list[list[Any]]:
    """Return the rows of each query, in one round trip to PostgreSQL."""
    session = open_session()
    if session is not None:
        found = []
        for query in queries:
            compiled, cursor = query.statement.execute(session, query.values)
            found.append([compiled.row(row) for row in cursor.fetchall()])
        return found
    held = connections()
    if len(queries) == 1:
        (query,) = queries
        compiled = query.statement.for_dialect(held.dialect)
        (rows,) = held.read([compiled.bind(query.values)])
        return [[compiled.row(row) for row in rows]]
    compiled_ones = [query.statement.for_dialect(held.dialect) for query in queries]
    answers = held.read(
        [
            compiled.bind(query.values)
            for compiled, query in zip(compiled_ones, queries, strict=True)
        ]
    )
    return [
        [compiled.row(row) for row in rows]
        for compiled, rows in zip(compiled_ones, answers, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that writes, and its values."""

    statement: CompiledStatement
    values: Mapping[str, Any]

    def run(self) -> int:
        """Return how many rows it changed. Raises NotWriting outside `writing()`."""
        return self.statement.run(**self.values)


def open_session() -> Session | None:
    """Return the session of the present work if it has a transaction open, or None."""
    sessions = db.session.registry
    if sessions.has() and (session := sessions()).in_transaction():
        return session
    return None


def _writing_session() -> Session:
    session = open_session()
    if session is None or WRITING not in session.info:
        raise NotWriting("changes are made inside writing()")
    return session


class _Parameter(NamedTuple):
    name: str
    default: Any
    make: Callable[[], Any] | None
    process: Processor | None


class DialectStatement:
    """The text for one dialect, and what its types do to parameters and results."""

    def __init__(self, statement: Any, defaults: Mapping[str, Any], dialect: Dialect) -> None:
        returned = [(column.key, column.type) for column in statement.exported_columns]
        inserts = isinstance(statement, Insert)
        if inserts and not returned:
            # Else it would ask for the new key.
            statement = statement.inline()
        compiled = statement.compile(
            dialect=dialect, column_keys=list(defaults) if inserts else None
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

    def bind(self, values: Mapping[str, Any]) -> Bound:
        """Return text and parameters as the driver takes them.

        Raises TypeError for a name that is missing or unknown.
        """
        if not self._known.issuperset(values):
            raise TypeError(f"no parameters: {sorted(values.keys() - self._known)}")
        bound = []
        for name, default, make, process in self._parameters:
            value = values.get(name, default)
            if value is REQUIRED:
                if make is None:
                    raise TypeError(f"{name} is missing")
                value = make()
            bound.append(value if process is None or value is None else process(value))
        return self.text, bound if self._by_place else dict(zip(self._names, bound, strict=True))

    def row(self, raw: Any) -> Any:
        """Return the driver's row as a named tuple of the values that the ORM would give."""
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
    default = defaults.get(name, REQUIRED) if bound.required else bound.value
    make = default if callable(default) else None
    processor = bound.type.dialect_impl(dialect).bind_processor(dialect)
    return _Parameter(name, REQUIRED if make else default, make, processor)


def _column_defaults(statement: Insert) -> dict[str, Any]:
    """Return the columns that an INSERT fills: all but a key that the database generates."""
    table: Any = statement.table
    return {
        column.key: _default(column)
        for column in table.columns
        if column is not table.autoincrement_column
    }


def _default(column: Any) -> Any:
    if column.default is None:
        return None if column.nullable else REQUIRED
    if column.default.is_scalar:
        return column.default.arg
    # SQLAlchemy wraps a function without parameters into one that takes a context.
    return partial(column.default.arg, None)
