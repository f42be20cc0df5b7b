"""Compiled statements: compiled once, executed by the database's own driver.

Endpoints that relying services call all day execute a handful of statements a request. SQLAlchemy's
session, connection and row objects cost several times the databases' own work there.

    _BY_HASH: CompiledQuery[CodeRow] = CompiledQuery(
        select(Code.__table__).where(Code.code_hash == bindparam("hash"))
    )
    found = _BY_HASH.one(hash=...)

A statement joins the transaction that the session has open, in which `writing()` writes or a page
reads. Otherwise it is executed by itself and reads what is committed. A statement that writes is
executed inside `writing()`, or becomes part of a unit of work (`with_values`, `commit_unit`).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar, cast

from sqlalchemy import Column, Dialect, Insert, Table, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault
from sqlalchemy.sql.selectable import ExecutableReturnsRows

from app.database.connections import connections
from app.database.dbapi_connection import Bound
from app.database.driver import DriverCursor, DriverRow
from app.database.engine import db
from app.database.transaction import WRITING, NotWriting, OpenTransaction

REQUIRED = object()
"""In place of a default, for a parameter that has to be given."""
Processor = Callable[[object], object]
RowType_co = TypeVar("RowType_co", covariant=True)
OneRow = TypeVar("OneRow")
OtherRow = TypeVar("OtherRow")


class CompiledStatement:
    """A statement of SQLAlchemy's, ready for the driver.

    Parameters are given by name; those of an INSERT are the table's columns, whose defaults apply.
    """

    def __init__(
        self, statement: ExecutableReturnsRows, defaults: Mapping[str, object] | None = None
    ) -> None:
        self.statement = statement
        if defaults is None:
            defaults = _column_defaults(statement) if isinstance(statement, Insert) else {}
        self.defaults = defaults
        self._compiled: dict[str, DialectStatement] = {}

    def run(self, **values: object) -> int:
        """Return how many rows it changed. Raises NotWriting outside `writing()`."""
        _, cursor = self.execute(_writing_session(), values)
        return cursor.rowcount

    def added(self, **values: object) -> object:
        """Return the value that the INSERT returns, or None if it added nothing.

        Raises NotWriting outside `writing()`.
        """
        _, cursor = self.execute(_writing_session(), values)
        row = cursor.fetchone()
        return None if row is None else row[0]

    def with_values(self, **values: object) -> Change:
        """Return the statement with its values, as a change of a unit of work."""
        return Change(self, values)

    def for_dialect(self, dialect: Dialect) -> DialectStatement:
        """Return the statement as that database executes it."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = DialectStatement(self.statement, self.defaults, dialect)
            self._compiled[dialect.name] = compiled
        return compiled

    @property
    def table_name(self) -> str:
        """Name of the table that the statement changes."""
        table = cast(UpdateBase, self.statement).table
        return table.name if isinstance(table, Table) else ""

    def execute(
        self, session: Session, values: Mapping[str, object]
    ) -> tuple[DialectStatement, DriverCursor]:
        """Execute the statement in the session's transaction, and return the driver's cursor."""
        session.flush()
        opened: OpenTransaction | None = session.info.get(WRITING)
        dialect, driver = opened or OpenTransaction.on(session.connection())
        compiled = self.for_dialect(dialect)
        return compiled, driver.execute(*compiled.bind(values))


class ChildInsert(CompiledStatement):
    """An INSERT of a row below another one that the same unit of work inserts before it.

    The key of the parent's row is not known before the commit. The parameter `parent` is the value
    of the parent's column `unique`, by which the row is found.
    """

    def __init__(
        self,
        statement: Insert,
        *,
        foreign_key: InstrumentedAttribute[int],
        parent: CompiledStatement,
        unique: InstrumentedAttribute[str],
    ) -> None:
        (key,) = unique.parent.local_table.primary_key
        row = select(key).where(unique == bindparam("parent")).scalar_subquery()
        defaults = _column_defaults(statement)
        del defaults[foreign_key.key]
        super().__init__(statement.values({foreign_key.key: row}), defaults)
        self.foreign_key, self.parent = foreign_key.key, parent
        self.parent_key, self.unique = key, unique


class CompiledQuery(CompiledStatement, Generic[RowType_co]):
    """A statement that reads.

    Rows are named tuples, their values those that the ORM would give. The type of a row is a
    protocol that names its columns.
    """

    def one(self, **values: object) -> RowType_co | None:
        """Return the first row, or None."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def all(self, **values: object) -> list[RowType_co]:
        """Return the rows that the statement returns."""
        return self.query(**values).all()

    def query(self, **values: object) -> Query[RowType_co]:
        """Return the statement with its values, to be read together with others."""
        return Query(self, values)


@dataclass(frozen=True, slots=True)
class Query(Generic[RowType_co]):
    """A statement that reads, and its values."""

    statement: CompiledQuery[RowType_co]
    values: Mapping[str, object]

    def all(self) -> list[RowType_co]:
        """Return the rows that the statement returns."""
        (rows,) = _read((self,))
        return cast(list[RowType_co], rows)


def read_together(
    one: Query[OneRow], other: Query[OtherRow]
) -> tuple[list[OneRow], list[OtherRow]]:
    """Return the rows of both queries, in one round trip to PostgreSQL."""
    rows, other_rows = _read((one, other))
    return cast(list[OneRow], rows), cast(list[OtherRow], other_rows)


def _read(queries: Sequence[Query[object]]) -> list[list[object]]:
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
    values: Mapping[str, object]

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
    default: object
    make: Callable[[], object] | None
    process: Processor | None


class DialectStatement:
    """The text for one dialect, and what its types do to parameters and results."""

    def __init__(
        self, statement: ExecutableReturnsRows, defaults: Mapping[str, object], dialect: Dialect
    ) -> None:
        inserts = isinstance(statement, Insert)
        # SQLAlchemy stores the columns in the object and in its later copies: ask a copy.
        asked = statement.inline() if isinstance(statement, Insert) else statement
        returned = [(column.key, column.type) for column in asked.exported_columns]
        if isinstance(statement, Insert) and not returned:
            # Else it would ask for the new key.
            statement = statement.inline()
        compiled = statement.compile(
            dialect=dialect, column_keys=list(defaults) if inserts else None
        )
        self.text: str = compiled.string
        self._by_place: bool = compiled.positional
        self._parameters = [
            _parameter(name, compiled.binds[name], defaults, dialect)
            for name in (compiled.positiontup or () if compiled.positional else compiled.binds)
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

    def bind(self, values: Mapping[str, object]) -> Bound:
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

    def row(self, raw: DriverRow) -> object:
        """Return the driver's row as a named tuple of the values that the ORM would give."""
        if not self._readers:
            return self._made(raw)
        values = list(raw)
        for place, read in self._readers:
            values[place] = read(values[place])
        return self._made(values)


def _parameter(
    name: str, bound: BindParameter[object], defaults: Mapping[str, object], dialect: Dialect
) -> _Parameter:
    """Return the statement's constant, or what its column takes if no value is given."""
    default = defaults.get(name, REQUIRED) if bound.required else bound.value
    make = default if callable(default) else None
    processor = bound.type.dialect_impl(dialect).bind_processor(dialect)
    return _Parameter(name, REQUIRED if make else default, make, processor)


def _column_defaults(statement: Insert) -> dict[str, object]:
    """Return the columns that an INSERT fills: all but a key that the database generates."""
    table = statement.table
    if not isinstance(table, Table):
        raise TypeError(f"rows are added to a table, not to {table}")
    return {
        column.key: _default(column)
        for column in table.columns
        if column is not table.autoincrement_column
    }


def _default(column: Column[object]) -> object:
    match column.default:
        case None:
            return None if column.nullable else REQUIRED
        case ScalarElementColumnDefault(arg=value):
            return value
        case CallableColumnDefault(arg=make):
            # SQLAlchemy wraps a function without parameters into one that takes a context.
            return partial(cast(Callable[[None], object], make), None)
        case other:
            raise TypeError(f"the default of {column} is made by the database: {other}")
