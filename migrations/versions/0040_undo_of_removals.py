"""A removal can be undone for a time: until when, and the ends that grants would have had."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("membership", sa.Column("undo_until", UtcDateTime()))
    op.add_column("access_grant", sa.Column("planned_to", UtcDateTime()))
    op.create_index(
        "ix_membership_former",
        "membership",
        ["organisation_id", "valid_to", "id"],
        sqlite_where=sa.text("valid_to IS NOT NULL"),
        postgresql_where=sa.text("valid_to IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_membership_former", "membership")
    op.drop_column("access_grant", "planned_to")
    op.drop_column("membership", "undo_until")
