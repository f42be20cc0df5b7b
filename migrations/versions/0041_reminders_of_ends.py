"""Grants say when the person and the approvers were reminded of their end."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_NOT_REMINDED = sa.text("valid_to IS NOT NULL AND reminded_at IS NULL")


def upgrade() -> None:
    op.add_column("access_grant", sa.Column("reminded_at", UtcDateTime()))
    op.create_index(
        "ix_access_grant_ending",
        "access_grant",
        ["valid_to"],
        sqlite_where=_NOT_REMINDED,
        postgresql_where=_NOT_REMINDED,
    )


def downgrade() -> None:
    op.drop_index("ix_access_grant_ending", "access_grant")
    op.drop_column("access_grant", "reminded_at")
