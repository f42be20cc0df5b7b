"""Posted forms that wait while their person confirms who they are."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at_page", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_kept_post_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_post")),
        sa.UniqueConstraint("public_id", name=op.f("uq_kept_post_public_id")),
    )
    op.create_index(op.f("ix_kept_post_session_id"), "kept_post", ["session_id"])
    op.create_index(op.f("ix_kept_post_expires_at"), "kept_post", ["expires_at"])


def downgrade() -> None:
    op.drop_table("kept_post")
