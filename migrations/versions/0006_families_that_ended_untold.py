"""A token family says whether it ended without a word to its service, who is told later then."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "oidc_grant",
        sa.Column("ended_untold", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("oidc_grant", "ended_untold")
