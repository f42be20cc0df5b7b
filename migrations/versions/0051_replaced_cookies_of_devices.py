"""A remembered device keeps the hash of the cookie before the present one."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("remembered_device", sa.Column("replaced_token_hash", sa.String(64)))


def downgrade() -> None:
    op.drop_column("remembered_device", "replaced_token_hash")
