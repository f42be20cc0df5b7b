"""A sign-in journey has a kind, and no page continues a journey of another kind."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sign_in_journey",
        sa.Column("kind", sa.String(length=16), server_default="sign_in", nullable=False),
    )
    op.execute("UPDATE sign_in_journey SET kind = 'confirm' WHERE confirms_session_id IS NOT NULL")


def downgrade() -> None:
    op.drop_column("sign_in_journey", "kind")
