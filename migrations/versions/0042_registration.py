"""Addresses for which people asked for an account themselves."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email_key", sa.String(254), nullable=False, unique=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("registration")
