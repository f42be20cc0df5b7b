"""Audit rows have no identifier of their own beside the key: nothing ever looked for one.

The cost was an index in which each token's row was entered.
"""

import sqlalchemy as sa
from alembic import op

from app.audit.append_only import TRIGGERS

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_event") as table:
        table.drop_constraint("uq_audit_event_public_id", type_="unique")
        table.drop_column("public_id")
    _refuse_changes()


def downgrade() -> None:
    with op.batch_alter_table("audit_event") as table:
        table.add_column(sa.Column("public_id", sa.String(36), nullable=True))
    _on("sqlite", "DROP TRIGGER audit_event_no_update")
    _on("postgresql", "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
    op.execute("UPDATE audit_event SET public_id = CAST(id AS VARCHAR(36))")
    _on("postgresql", "ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only")
    with op.batch_alter_table("audit_event") as table:
        table.alter_column("public_id", existing_type=sa.String(36), nullable=False)
        table.create_unique_constraint("uq_audit_event_public_id", ["public_id"])
    _refuse_changes()


def _refuse_changes() -> None:
    """SQLite has made the table anew, and without its triggers."""
    for statement in TRIGGERS["sqlite"]:
        _on("sqlite", statement)


def _on(dialect: str, statement: str) -> None:
    if op.get_bind().dialect.name == dialect:
        op.execute(statement)
