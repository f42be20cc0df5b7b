"""Clients that register themselves, pairwise subjects, and refreshes whose answer was lost."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oidc_initial_access_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_initial_access_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_oidc_initial_access_token_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oidc_initial_access_token_token_hash")),
    )
    op.create_index(
        op.f("ix_oidc_initial_access_token_expires_at"),
        "oidc_initial_access_token",
        ["expires_at"],
        unique=False,
    )
    op.create_table(
        "oidc_pairwise_salt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_pairwise_salt")),
    )
    # Other tables refer to this one: SQLite must not rebuild it.
    op.add_column("oidc_client", sa.Column("registration_token_hash", sa.String(length=64)))
    op.add_column("oidc_client", sa.Column("registration_policy", sa.JSON(none_as_null=True)))
    op.add_column(
        "oidc_refresh_token",
        sa.Column("retries", sa.Integer(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    with op.batch_alter_table("oidc_refresh_token", schema=None) as batch_op:
        batch_op.drop_column("retries")
    op.drop_column("oidc_client", "registration_policy")
    op.drop_column("oidc_client", "registration_token_hash")
    op.drop_table("oidc_pairwise_salt")
    op.drop_table("oidc_initial_access_token")
