"""The migrations make what the models describe."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.actors import SYSTEM
from app.audit import EVENTS, AuditEvent, Event, record
from app.database import Base, db, writing
from app.database.schema import downgrade, upgrade


def test_migrations_create_the_tables_of_the_models(app: Flask) -> None:
    context = MigrationContext.configure(db.session.connection(), opts={"compare_type": True})
    assert compare_metadata(context, Base.metadata) == []


def test_database_is_ready_after_setup(app: Flask) -> None:
    assert app.test_client().get("/readyz").get_json()["failures"].get("migrations") is None


def test_migration_of_the_audit_table_keeps_rows_and_triggers(app: Flask) -> None:
    EVENTS.add(app, Event("test.happened", "{actor} did something"))
    with writing():
        record("test.happened", actor=SYSTEM)
    db.session.remove()
    downgrade(revision="0004")
    upgrade()
    rows = db.session.execute(select(AuditEvent.event)).scalars().all()
    assert rows.count("test.happened") == 1
    for statement in ("UPDATE audit_event SET event = 'x'", "DELETE FROM audit_event"):
        with pytest.raises(DBAPIError, match="never changed"):
            db.session.execute(text(statement))
        db.session.rollback()
