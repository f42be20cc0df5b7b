"""The level that the sign-in of a token family reached, beside the `acr` that it states."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("oidc_grant", sa.Column("reached_acr", sa.String(100)))


def downgrade() -> None:
    op.drop_column("oidc_grant", "reached_acr")
