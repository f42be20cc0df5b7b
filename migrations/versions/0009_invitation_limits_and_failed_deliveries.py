"""The limit on invitation mails, and when a mail failed for good."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "invitation", sa.Column("sender", sa.String(36), nullable=False, server_default="")
    )
    op.execute(
        "UPDATE invitation SET sender = COALESCE((SELECT organisation.public_id"
        " FROM membership JOIN organisation ON organisation.id = membership.organisation_id"
        " WHERE membership.invitation_id = invitation.id), '')"
    )
    op.create_table(
        "invitation_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(36), nullable=False),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_mail")),
    )
    op.create_index(
        "ix_invitation_mail_sender_email_key",
        "invitation_mail",
        ["sender", "email_key", "sent_at"],
    )
    op.add_column("outbox_mail", sa.Column("failed_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE outbox_mail SET failed_at = next_attempt_at WHERE state = 'failed'")


def downgrade() -> None:
    op.drop_column("outbox_mail", "failed_at")
    op.drop_table("invitation_mail")
    op.drop_column("invitation", "sender")
