"""The second step that was shown last in a browser, which is offered there first."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_device", sa.Column("second_step", sa.String(30)))


def downgrade() -> None:
    op.drop_column("known_device", "second_step")
