"""A person who joins makes a passkey: its challenge and user handle until then."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "join_journey", sa.Column("passkey_enrolment", sa.String(length=400), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("join_journey", "passkey_enrolment")
