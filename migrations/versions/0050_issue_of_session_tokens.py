"""A session stores when its token was issued; tokens that were replaced are kept for a moment."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("token_issued_at", UtcDateTime()))
    op.create_table(
        "replaced_session_token",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "session_id",
            sa.Integer,
            sa.ForeignKey("session.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("replaced_at", UtcDateTime(), nullable=False, index=True),
    )


def downgrade() -> None:
    op.drop_table("replaced_session_token")
    op.drop_column("session", "token_issued_at")
