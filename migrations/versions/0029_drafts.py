"""Kept posts may be drafts, which belong to an account."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "kept_post", sa.Column("kind", sa.String(16), server_default="post", nullable=False)
    )
    op.add_column("kept_post", sa.Column("account_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_kept_post_account_id"), "kept_post", ["account_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_kept_post_account_id"), "kept_post")
    op.drop_column("kept_post", "account_id")
    op.drop_column("kept_post", "kind")
