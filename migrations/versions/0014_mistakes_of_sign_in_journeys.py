"""A sign-in journey keeps the sentence about the last answer for the page that shows it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_journey", sa.Column("mistake", sa.String(length=300), nullable=True))
    op.add_column("sign_in_journey", sa.Column("mistake_page", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in_journey", "mistake_page")
    op.drop_column("sign_in_journey", "mistake")
