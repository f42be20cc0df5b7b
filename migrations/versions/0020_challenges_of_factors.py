"""A sign-in journey stores the open challenge of a factor."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_journey", sa.Column("challenge", sa.String(2000), nullable=True))
    op.add_column("sign_in_journey", sa.Column("challenge_of", sa.String(40), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in_journey", "challenge_of")
    op.drop_column("sign_in_journey", "challenge")
