"""Each time step of an authenticator app that was used is a row, in place of a mark."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_totp_step",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_used_totp_step_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "step", name=op.f("pk_used_totp_step")),
    )
    op.create_index(op.f("ix_used_totp_step_step"), "used_totp_step", ["step"])
    op.execute(
        "INSERT INTO used_totp_step (account_id, step) "
        "SELECT account_id, last_step FROM totp_credential"
    )


def downgrade() -> None:
    op.drop_table("used_totp_step")
