"""Indexes of the audit hold what is looked for: rows of an organisation, and of a person.

A row is added with each token, and half of them have neither; nothing looks for kinds of event by
their beginning through an index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_event_organisation_id": "organisation",
    "ix_audit_event_subject_id": "subject",
}


def upgrade() -> None:
    op.drop_index("ix_audit_event_event_id", table_name="audit_event")
    for name, column in _INDEXES.items():
        op.drop_index(name, table_name="audit_event")
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name, "audit_event", [column, "id"], sqlite_where=named, postgresql_where=named
        )


def downgrade() -> None:
    for name, column in _INDEXES.items():
        op.drop_index(name, table_name="audit_event")
        op.create_index(name, "audit_event", [column, "id"])
    op.create_index("ix_audit_event_event_id", "audit_event", ["event", "id"])
