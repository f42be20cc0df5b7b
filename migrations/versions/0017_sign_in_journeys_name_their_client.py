"""A sign-in journey names the client that it leads to."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_journey", sa.Column("client_id", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in_journey", "client_id")
