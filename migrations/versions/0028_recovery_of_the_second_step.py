"""Pending decisions, and the set-up of a new second step in place of a lost one.

Triggers raise the account's `access_revision` with each pending decision about it, as they do for
memberships, because one may close or open access.
"""

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NOT_ENDED = sa.text("ended_at IS NULL")
NOT_ENDED_ANYWHERE = sa.text("ended_at IS NULL AND organisation_id IS NULL")
ROWS = {"INSERT": "NEW", "UPDATE": "NEW"}


def upgrade() -> None:
    op.create_table(
        "pending_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("undecided_until", UtcDateTime(), nullable=True),
        sa.Column("first_agreed_by", sa.String(200), nullable=True),
        sa.Column("first_agreed_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(200), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("deciding_organisation_id", sa.Integer(), nullable=True),
        sa.Column("takes_effect_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ending", sa.String(20), nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=True),
        sa.Column("end_reason", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_decision")),
        sa.UniqueConstraint("public_id", name=op.f("uq_pending_decision_public_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_pending_decision_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_pending_decision_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["deciding_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_pending_decision_deciding_organisation_id_organisation"),
        ),
    )
    op.create_index(
        "ux_pending_decision_open",
        "pending_decision",
        ["kind", "account_id", "organisation_id"],
        unique=True,
        sqlite_where=NOT_ENDED,
        postgresql_where=NOT_ENDED,
    )
    op.create_index(
        "ux_pending_decision_open_anywhere",
        "pending_decision",
        ["kind", "account_id"],
        unique=True,
        sqlite_where=NOT_ENDED_ANYWHERE,
        postgresql_where=NOT_ENDED_ANYWHERE,
    )
    op.create_index(
        "ix_pending_decision_account",
        "pending_decision",
        ["account_id", "kind", "organisation_id"],
    )
    op.create_index(
        "ix_pending_decision_due",
        "pending_decision",
        ["kind", "takes_effect_at"],
        sqlite_where=NOT_ENDED,
        postgresql_where=NOT_ENDED,
    )
    for event, row in ROWS.items():
        _add_trigger(event, row)
    op.create_table(
        "second_step_journey",
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("reset_id", sa.Integer(), nullable=False),
        sa.Column("password_set_at", UtcDateTime(), nullable=False),
        sa.Column("sealed_secret", sa.String(400), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_step_journey")),
        sa.UniqueConstraint("public_id", name=op.f("uq_second_step_journey_public_id")),
        sa.ForeignKeyConstraint(
            ["reset_id"],
            ["password_reset.id"],
            name=op.f("fk_second_step_journey_reset_id_password_reset"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        op.f("ix_second_step_journey_expires_at"), "second_step_journey", ["expires_at"]
    )


def downgrade() -> None:
    op.drop_table("second_step_journey")
    for event in ROWS:
        name = _name(event)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON pending_decision")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("pending_decision")


def _add_trigger(event: str, row: str) -> None:
    name = _name(event)
    raise_revision = (
        "UPDATE account SET access_revision = access_revision + 1 "  # noqa: S608  # constants
        f"WHERE id = {row}.account_id;"
    )
    if op.get_bind().dialect.name == "postgresql":
        body = f"BEGIN {raise_revision} RETURN NULL; END"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        action = f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    else:
        action = f"BEGIN {raise_revision} END"
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON pending_decision {action}")


def _name(event: str) -> str:
    return f"pending_decision_{event.lower()}_raises_access_revision"
