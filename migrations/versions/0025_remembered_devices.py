"""Devices on which their owner signs in without a code, and the level that a sign-in must reach."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remembered_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_remembered_device_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered_device")),
        sa.UniqueConstraint("public_id", name=op.f("uq_remembered_device_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_remembered_device_token_hash")),
    )
    for column in ("account_id", "expires_at"):
        op.create_index(
            op.f(f"ix_remembered_device_{column}"), "remembered_device", [column], unique=False
        )
    op.add_column(
        "sign_in_journey",
        sa.Column(
            "minimum_acr",
            sa.String(100),
            server_default="urn:secure-access:aal1",
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("sign_in_journey", "minimum_acr")
    op.drop_table("remembered_device")
