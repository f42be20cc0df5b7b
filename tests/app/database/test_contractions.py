"""Migrations that take something away from earlier versions say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, select

from app.database import db
from app.database.readiness import Readiness
from app.database.schema import upgrade
from tests.app.database.contractions import Schema, contractions, read_schema
from tests.conftest import application, settings
from wsgi import ROOT

FIRST = "0021"
"""The first revision whose database names the oldest revision that can use it."""
BEFORE = """
CREATE TABLE person (
    id INTEGER PRIMARY KEY, name VARCHAR(20), note TEXT NOT NULL DEFAULT '', born DATE,
    school_id INTEGER
)
"""
SCHOOL = "CREATE TABLE school (id INTEGER PRIMARY KEY)"
EXPANDED = """
CREATE TABLE person (
    id INTEGER PRIMARY KEY, name VARCHAR(40), note TEXT NOT NULL DEFAULT '', born DATE,
    school_id INTEGER, email TEXT UNIQUE, kind TEXT NOT NULL DEFAULT 'adult',
    head_of INTEGER REFERENCES school (id), CHECK (kind IN ('adult', 'child'))
)
"""


def schema_of(*statements: str) -> Schema:
    with create_engine("sqlite://").connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        return read_schema(connection)


def test_new_tables_columns_and_longer_texts_are_no_contraction() -> None:
    assert contractions(schema_of(BEFORE), schema_of(EXPANDED, SCHOOL)) == []


@pytest.mark.parametrize(
    ("was", "becomes", "found"),
    [
        ("born DATE,", "", "column born is gone"),
        ("born DATE", "birthday DATE", "column born is gone"),
        ("born DATE", "born DATE NOT NULL", "column born may no longer be null"),
        ("born DATE", "born TEXT", "column born is TEXT in place of DATE"),
        ("VARCHAR(20)", "VARCHAR(10)", "column name is shorter: 10 in place of 20"),
        ("NOT NULL DEFAULT ''", "NOT NULL", "column note has lost its default"),
        ("born DATE", "born DATE, email TEXT NOT NULL", "new column email needs a value"),
        ("born DATE", "born DATE UNIQUE", "new constraint: unique born"),
        ("born DATE", "born DATE CHECK (born > 0)", "new constraint: check (born > 0)"),
        (
            "school_id INTEGER",
            "school_id INTEGER REFERENCES school (id)",
            "new constraint: foreign key of school_id to school",
        ),
    ],
)
def test_contraction_is_found(was: str, becomes: str, found: str) -> None:
    before, after = schema_of(BEFORE, SCHOOL), schema_of(BEFORE.replace(was, becomes), SCHOOL)
    assert contractions(before, after) == [f"person: {found}"]


def test_table_that_is_gone_or_renamed_is_a_contraction() -> None:
    renamed = BEFORE.replace("TABLE person", "TABLE human")
    assert contractions(schema_of(BEFORE), schema_of(renamed)) == ["table person is gone"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        url = request.getfixturevalue("postgresql_server").create_database()
    with application(settings(url)) as app:
        yield app


def test_migration_with_a_contraction_raises_the_oldest_revision(empty: Flask) -> None:
    upgrade(FIRST)
    before = _present_schema()
    for revision in _revisions_after(FIRST):
        upgrade(revision)
        after = _present_schema()
        found = contractions(before, after)
        oldest = db.session.scalar(select(Readiness.oldest_revision))
        assert not found or oldest == revision, (
            f"Migration {revision} takes something away from the versions before it, which may "
            f"still serve: {found}. Let it set readiness.oldest_revision to '{revision}', or take "
            "it away a release later."
        )
        before = after


def _present_schema() -> Schema:
    found = read_schema(db.session.connection())
    db.session.remove()
    return found


def _revisions_after(first: str) -> list[str]:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    return [each.revision for each in scripts.iterate_revisions("head", first)][::-1]
