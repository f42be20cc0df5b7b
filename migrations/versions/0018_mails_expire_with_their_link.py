"""A mail that waits in the outbox expires with the link that it carries."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_mail", sa.Column("expires_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox_mail", "expires_at")
