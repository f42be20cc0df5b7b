"""Digests of mails about tasks: the preference of a person, and the mails that wait."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_preference",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest_hour", sa.Integer()),
        sa.Column("last_digest_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mail_preference_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_preference")),
    )
    op.create_table(
        "digest_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(250), nullable=False),
        sa.Column("sealed_text", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_digest_mail_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_mail")),
    )
    op.create_index(op.f("ix_digest_mail_account_id"), "digest_mail", ["account_id"])


def downgrade() -> None:
    op.drop_table("digest_mail")
    op.drop_table("mail_preference")
