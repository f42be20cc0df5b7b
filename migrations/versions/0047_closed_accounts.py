"""Accounts of people without membership are closed, and later erased under a pseudonym.

For the accounts that are there, days without membership count from this upgrade.
"""

import sqlalchemy as sa
from alembic import op

from app.audit.append_only import ALLOW_PSEUDONYMS, TRIGGERS
from app.clock import now
from app.database import UtcDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_COLUMNS = ("closing_counted_from", "closing_announced_at", "closed_at", "erased_at")
_account = sa.table("account", sa.column("closing_counted_from", UtcDateTime))
_REFUSE_PSEUDONYMS = {
    "sqlite": ["DROP TRIGGER audit_event_no_update", TRIGGERS["sqlite"][0]],
    "postgresql": [
        "DROP TRIGGER audit_event_no_update ON audit_event",
        "DROP FUNCTION audit_event_refuse_update()",
        "DROP TRIGGER audit_event_append_only ON audit_event",
        TRIGGERS["postgresql"][1],
    ],
}


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("account", sa.Column(column, UtcDateTime()))
    op.create_index("ix_account_closed_at", "account", ["closed_at"])
    op.execute(_account.update().values(closing_counted_from=now()))
    op.create_table(
        "audit_pseudonym",
        sa.Column("identifier", sa.String(36), primary_key=True),
        sa.Column("pseudonym", sa.String(60), nullable=False),
    )
    for statement in ALLOW_PSEUDONYMS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in _REFUSE_PSEUDONYMS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_table("audit_pseudonym")
    op.drop_index("ix_account_closed_at", "account")
    for column in _COLUMNS:
        op.drop_column("account", column)
