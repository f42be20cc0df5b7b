"""The migrations make what the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask

from app.database import Base, db


def test_the_migrations_lead_to_the_tables_of_the_models(app: Flask) -> None:
    context = MigrationContext.configure(db.session.connection(), opts={"compare_type": True})
    assert compare_metadata(context, Base.metadata) == []


def test_a_database_that_was_set_up_is_ready(app: Flask) -> None:
    assert app.test_client().get("/readyz").get_json()["failures"].get("migrations") is None
