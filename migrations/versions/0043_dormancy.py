"""Memberships say when the person was warned that unused access will be suspended."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("membership", sa.Column("dormancy_warned_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("membership", "dormancy_warned_at")
