"""The passkey that replaces a lost second step, while it is being made."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("second_step_journey", sa.Column("passkey_enrolment", sa.String(400)))


def downgrade() -> None:
    op.drop_column("second_step_journey", "passkey_enrolment")
