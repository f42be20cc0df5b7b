"""Alembic's entry: a connection of the application, one transaction per migration run."""

from alembic import context
from flask import current_app

from app.database import Base


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise RuntimeError("migrations run against a database: set SECURE_ACCESS_DATABASE_URL")
with current_app.app_context():
    run()
