"""An authorization request names the account that chose its organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("oidc_authorization_request") as table:
        table.add_column(sa.Column("chosen_by", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_oidc_authorization_request_chosen_by_account"),
            "account",
            ["chosen_by"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("oidc_authorization_request") as table:
        table.drop_constraint(
            op.f("fk_oidc_authorization_request_chosen_by_account"), type_="foreignkey"
        )
        table.drop_column("chosen_by")
