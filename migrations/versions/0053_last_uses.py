"""The last entry of each person into a service for each organisation, from the audit."""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_use",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_last_use_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_last_use_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("account_id", "organisation_id", name=op.f("pk_last_use")),
    )
    # The lists would show nobody as here until the worker has read the audit.
    op.execute(
        "INSERT INTO last_use (account_id, organisation_id, at) "
        "SELECT account.id, organisation.id, max(audit_event.at) FROM audit_event "
        "JOIN account ON account.subject = audit_event.subject "
        "JOIN organisation ON organisation.public_id = audit_event.organisation "
        "WHERE audit_event.event = 'service.entered' AND account.closed_at IS NULL "
        "GROUP BY account.id, organisation.id"
    )


def downgrade() -> None:
    op.drop_table("last_use")
