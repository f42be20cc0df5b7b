"""A link of "this was not me" stores the change that its mail tells of."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("password_reset", sa.Column("change", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("password_reset", "change")
