"""A sign-in journey counts the challenges that were made in it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sign_in_journey",
        sa.Column("challenges_made", sa.Integer(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("sign_in_journey", "challenges_made")
