"""A row for the readiness check, and the oldest revision that can use the schema."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "readiness",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("oldest_revision", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(table, [{"id": 1, "written_at": datetime.now(UTC), "oldest_revision": "0021"}])


def downgrade() -> None:
    op.drop_table("readiness")
