"""Weeks whose mail about organisations at risk was sent."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "weekly_report",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_weekly_report")),
    )


def downgrade() -> None:
    op.drop_table("weekly_report")
