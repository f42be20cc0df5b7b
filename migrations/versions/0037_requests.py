"""Requests for access: mails about them, and requests of an organisation."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_notice",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "decision_id", sa.Integer(), sa.ForeignKey("pending_decision.id"), nullable=False
        ),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
    )
    op.create_index(
        "ux_request_notice", "request_notice", ["decision_id", "account_id", "number"], unique=True
    )
    op.create_index("ix_request_notice_account", "request_notice", ["account_id", "sent_at"])
    op.create_index(
        "ix_pending_decision_organisation",
        "pending_decision",
        ["kind", "organisation_id", "ended_at"],
    )


def downgrade() -> None:
    op.drop_index("ix_pending_decision_organisation", "pending_decision")
    op.drop_table("request_notice")
