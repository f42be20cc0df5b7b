"""Changes of a person's email address, confirmed at the new one and reversible for a while."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "email_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("former_email", sa.String(length=254), nullable=True),
        sa.Column("former_email_key", sa.String(length=254), nullable=True),
        sa.Column("begun_by", sa.String(length=36), nullable=True),
        sa.Column("organisation", sa.String(length=36), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("reversible_until", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("moved_invitations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_email_change_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
    )
    op.create_index("ix_email_change_account_id", "email_change", ["account_id", "created_at"])
    op.create_index("ix_email_change_email_key", "email_change", ["email_key", "created_at"])
    op.create_index(
        "ix_email_change_former_email_key",
        "email_change",
        ["former_email_key", "reversible_until"],
    )
    op.create_index(op.f("ix_email_change_expires_at"), "email_change", ["expires_at"])


def downgrade() -> None:
    op.drop_table("email_change")
