"""The last sign-in with an identity of an organisation's provider."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upstream_identity", sa.Column("last_used_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("upstream_identity", "last_used_at")
