"""Periodic checks of proven domains: the next one, and since when the record is gone."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upstream_domain", sa.Column("next_check_at", UtcDateTime()))
    op.add_column("upstream_domain", sa.Column("missing_since", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("upstream_domain", "missing_since")
    op.drop_column("upstream_domain", "next_check_at")
