"""Invitations that were not accepted end some time after their links, and are erased later.

For the invitations that are open, the days count from this upgrade. Those of people whose account
was erased were erased with it. Personal text of audit rows that name a person in their details can
be replaced, too.
"""

import sqlalchemy as sa
from alembic import op

from app.audit.append_only import ALLOW_ALL_IDENTIFIERS, ALLOW_PSEUDONYMS
from app.clock import now
from app.database import UtcDateTime

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")
_NOT_ERASED = sa.text("account_id IS NULL AND erased_at IS NULL")
_COLUMNS = ("lapse_counted_from", "erased_at")
_ALLOW_MEMBERSHIPS_ONLY = {
    "sqlite": ALLOW_PSEUDONYMS["sqlite"],
    "postgresql": [ALLOW_PSEUDONYMS["postgresql"][2]],
}
_invitation = sa.table(
    "invitation",
    sa.column("state", sa.String),
    sa.column("email", sa.String),
    *(sa.column(name, UtcDateTime) for name in _COLUMNS),
)


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("invitation", sa.Column(column, UtcDateTime()))
    op.create_index(
        "ix_invitation_open",
        "invitation",
        ["expires_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "ix_invitation_not_erased",
        "invitation",
        ["closed_at"],
        sqlite_where=_NOT_ERASED,
        postgresql_where=_NOT_ERASED,
    )
    at = now()
    op.execute(
        _invitation.update().where(_invitation.c.state == "open").values(lapse_counted_from=at)
    )
    op.execute(
        _invitation.update()
        .where(_invitation.c.email.like("%@erased.invalid"))
        .values(erased_at=at)
    )
    for statement in ALLOW_ALL_IDENTIFIERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in _ALLOW_MEMBERSHIPS_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_index("ix_invitation_not_erased", "invitation")
    op.drop_index("ix_invitation_open", "invitation")
    for column in _COLUMNS:
        op.drop_column("invitation", column)
