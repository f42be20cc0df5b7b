"""The provider beyond its core: pushed requests, proofs, overlapping secrets, logout notices."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oidc_used_once",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_oidc_used_once")),
    )
    with op.batch_alter_table("oidc_used_once", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oidc_used_once_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "oidc_logout_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sid", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=250), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_oidc_logout_notice_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oidc_client.id"], name=op.f("fk_oidc_logout_notice_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_logout_notice")),
        sa.UniqueConstraint("public_id", name=op.f("uq_oidc_logout_notice_public_id")),
    )
    op.create_index(
        "ix_oidc_logout_notice_state_next_attempt_at",
        "oidc_logout_notice",
        ["state", "next_attempt_at"],
    )
    op.create_table(
        "oidc_pushed_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oidc_client.id"], name=op.f("fk_oidc_pushed_request_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_pushed_request")),
        sa.UniqueConstraint("handle_hash", name=op.f("uq_oidc_pushed_request_handle_hash")),
    )
    with op.batch_alter_table("oidc_pushed_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oidc_pushed_request_expires_at"), ["expires_at"], unique=False
        )

    with op.batch_alter_table("oidc_authorization_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pushed_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("signed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_oidc_authorization_request_pushed_id"),
            "oidc_pushed_request",
            ["pushed_id"],
            ["id"],
            ondelete="SET NULL",
        )

    # Other tables refer to this one: SQLite must not rebuild it.
    op.add_column("oidc_client", sa.Column("earlier_secret_hash", sa.String(length=64)))
    op.add_column("oidc_client", sa.Column("earlier_secret_until", UtcDateTime()))

    with op.batch_alter_table("oidc_code", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dpop_jkt", sa.String(length=64), nullable=True))

    with op.batch_alter_table("oidc_refresh_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bound_to", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("oidc_refresh_token", schema=None) as batch_op:
        batch_op.drop_column("bound_to")
    with op.batch_alter_table("oidc_code", schema=None) as batch_op:
        batch_op.drop_column("dpop_jkt")
    with op.batch_alter_table("oidc_authorization_request", schema=None) as batch_op:
        batch_op.drop_constraint("fk_oidc_authorization_request_pushed_id", type_="foreignkey")
        batch_op.drop_column("signed")
        batch_op.drop_column("pushed_id")
    op.drop_column("oidc_client", "earlier_secret_until")
    op.drop_column("oidc_client", "earlier_secret_hash")
    op.drop_table("oidc_pushed_request")
    op.drop_table("oidc_logout_notice")
    op.drop_table("oidc_used_once")
