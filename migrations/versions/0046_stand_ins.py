"""Stand-ins: members who can act as approvers for a time."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stand_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=False),
        sa.Column("planned_to", UtcDateTime()),
        sa.Column("named_by", sa.String(200), nullable=False),
        sa.Column("ended_by", sa.String(200)),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_stand_in_membership_id_membership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_in")),
    )
    op.create_index(op.f("ix_stand_in_membership_id"), "stand_in", ["membership_id"])


def downgrade() -> None:
    op.drop_table("stand_in")
