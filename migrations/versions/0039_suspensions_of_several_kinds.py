"""A membership can be suspended for several causes at once, resets of the second step included.

The former release kept the memberships that a reset had closed as pending decisions of the kind
`access_after_reset`. Those rows stay; each becomes a suspension of the membership that it closed.
"""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_OPEN = sa.text("valid_to IS NULL")

_membership = sa.table(
    "membership",
    sa.column("id", sa.Integer),
    sa.column("public_id", sa.String),
    sa.column("account_id", sa.Integer),
    sa.column("organisation_id", sa.Integer),
    sa.column("valid_from", UtcDateTime),
    sa.column("valid_to", UtcDateTime),
    sa.column("suspended_at", UtcDateTime),
    sa.column("ended_by", sa.String),
)
_suspension = sa.table(
    "membership_suspension",
    sa.column("membership_id", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("cause", sa.String),
    sa.column("suspended_by", sa.String),
    sa.column("ended_by", sa.String),
    sa.column("valid_from", UtcDateTime),
    sa.column("valid_to", UtcDateTime),
)
_decision = sa.table(
    "pending_decision",
    sa.column("kind", sa.String),
    sa.column("account_id", sa.Integer),
    sa.column("organisation_id", sa.Integer),
    sa.column("asked_by", sa.String),
    sa.column("asked_at", UtcDateTime),
    sa.column("ended_at", UtcDateTime),
    sa.column("ended_by", sa.String),
)
_event = sa.table(
    "audit_event",
    sa.column("event", sa.String),
    sa.column("organisation", sa.String),
    sa.column("actor", sa.String),
    sa.column("detail", sa.JSON),
)
_organisation = sa.table(
    "organisation", sa.column("id", sa.Integer), sa.column("public_id", sa.String)
)
_ENDINGS = ("membership.removed", "membership.left", "membership.invitation_withdrawn")


def upgrade() -> None:
    op.add_column(
        "membership_suspension",
        sa.Column("kind", sa.String(20), nullable=False, server_default="connection"),
    )
    op.add_column("membership_suspension", sa.Column("reason", sa.String(500)))
    op.add_column("membership_suspension", sa.Column("suspended_by", sa.String(200)))
    op.add_column("membership_suspension", sa.Column("ended_by", sa.String(200)))
    op.add_column("membership", sa.Column("ended_by", sa.String(200)))
    op.drop_index("ux_membership_suspension_open", "membership_suspension")
    op.create_index(
        "ux_membership_suspension_open_kind",
        "membership_suspension",
        ["membership_id", "kind"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    _copy_resets()
    _name_those_who_ended_memberships()


def downgrade() -> None:
    op.execute(sa.delete(_suspension).where(_suspension.c.kind != "connection"))
    op.drop_index("ux_membership_suspension_open_kind", "membership_suspension")
    op.create_index(
        "ux_membership_suspension_open",
        "membership_suspension",
        ["membership_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.drop_column("membership", "ended_by")
    for column in ("ended_by", "suspended_by", "reason", "kind"):
        op.drop_column("membership_suspension", column)


def _copy_resets() -> None:
    """A reset closed the membership that was open when it was asked for, and no later one."""
    closed = sa.and_(
        _decision.c.kind == "access_after_reset",
        _decision.c.account_id == _membership.c.account_id,
        _decision.c.organisation_id == _membership.c.organisation_id,
        _decision.c.asked_at >= _membership.c.valid_from,
        sa.or_(_membership.c.valid_to.is_(None), _decision.c.asked_at < _membership.c.valid_to),
    )
    op.execute(
        sa.insert(_suspension).from_select(
            [
                "membership_id",
                "kind",
                "cause",
                "suspended_by",
                "ended_by",
                "valid_from",
                "valid_to",
            ],
            sa.select(
                _membership.c.id,
                sa.literal("reset"),
                sa.literal("the second step of the account was reset."),
                _decision.c.asked_by,
                _decision.c.ended_by,
                _decision.c.asked_at,
                _decision.c.ended_at,
            ).where(closed),
        )
    )
    since = (
        sa.select(sa.func.min(_suspension.c.valid_from))
        .where(_suspension.c.membership_id == _membership.c.id, _suspension.c.valid_to.is_(None))
        .scalar_subquery()
    )
    op.execute(
        sa.update(_membership)
        .where(
            sa.exists().where(
                _suspension.c.membership_id == _membership.c.id,
                _suspension.c.valid_to.is_(None),
                _suspension.c.kind == "reset",
            )
        )
        .values(suspended_at=since)
    )


def _name_those_who_ended_memberships() -> None:
    actor = (
        sa.select(sa.func.max(_event.c.actor))
        .where(
            _organisation.c.id == _membership.c.organisation_id,
            _event.c.organisation == _organisation.c.public_id,
            _event.c.event.in_(_ENDINGS),
            _event.c.detail["membership"].as_string() == _membership.c.public_id,
        )
        .correlate(_membership)
        .scalar_subquery()
    )
    op.execute(
        sa.update(_membership).where(_membership.c.valid_to.is_not(None)).values(ended_by=actor)
    )
