"""Invitations are found by the account that accepted them and by their sender."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_invitation_account_id_sender", "invitation", ["account_id", "sender"])


def downgrade() -> None:
    op.drop_index("ix_invitation_account_id_sender", "invitation")
