"""Ends of grants that lie ahead move to the London midnight of the day that was chosen.

Ends were midnights UTC, which is one o'clock on a British summer's day. The row that counted so far
is closed now and another begins, so that past answers stay the same. Ends that have passed stay.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from app.clock import end_of_day
from app.database import UtcDateTime
from app.identifiers import new_id

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GRANTS = sa.table(
    "access_grant",
    sa.column("id", sa.Integer),
    sa.column("public_id", sa.String),
    sa.column("membership_id", sa.Integer),
    sa.column("service", sa.String),
    sa.column("user_group", sa.String),
    sa.column("valid_from", UtcDateTime),
    sa.column("valid_to", UtcDateTime),
    sa.column("given_by", sa.String),
    sa.column("ended_cause", sa.String),
)
MEMBERSHIPS = sa.table(
    "membership",
    sa.column("id", sa.Integer),
    sa.column("public_id", sa.String),
    sa.column("organisation_id", sa.Integer),
    sa.column("account_id", sa.Integer),
    sa.column("email", sa.String),
    sa.column("given_name", sa.String),
    sa.column("family_name", sa.String),
)
ORGANISATIONS = sa.table(
    "organisation", sa.column("id", sa.Integer), sa.column("public_id", sa.String)
)
ACCOUNTS = sa.table("account", sa.column("id", sa.Integer), sa.column("subject", sa.String))
AUDIT = sa.table(
    "audit_event",
    sa.column("at", UtcDateTime),
    sa.column("event", sa.String),
    sa.column("actor_kind", sa.String),
    sa.column("actor", sa.String),
    sa.column("actor_name", sa.String),
    sa.column("organisation", sa.String),
    sa.column("subject", sa.String),
    sa.column("service", sa.String),
    sa.column("before", sa.JSON),
    sa.column("after", sa.JSON),
    sa.column("detail", sa.JSON),
    sa.column("request_id", sa.String),
)


def upgrade() -> None:
    connection = op.get_bind()
    at, request_id = datetime.now(UTC), new_id()
    rows = connection.execute(
        sa.select(
            GRANTS,
            MEMBERSHIPS.c.public_id.label("membership"),
            MEMBERSHIPS.c.email,
            MEMBERSHIPS.c.given_name,
            MEMBERSHIPS.c.family_name,
            ORGANISATIONS.c.public_id.label("organisation"),
            ACCOUNTS.c.subject,
        )
        .select_from(GRANTS)
        .join(MEMBERSHIPS, MEMBERSHIPS.c.id == GRANTS.c.membership_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == MEMBERSHIPS.c.organisation_id)
        .outerjoin(ACCOUNTS, ACCOUNTS.c.id == MEMBERSHIPS.c.account_id)
        .where(GRANTS.c.valid_to > at)
    ).all()
    for row in rows:
        end = end_of_day(row.valid_to.date() - timedelta(days=1))
        of_a_day = row.valid_to == row.valid_to.replace(hour=0, minute=0, second=0, microsecond=0)
        if of_a_day and end != row.valid_to:
            move(connection, row, end, at, request_id)


def move(
    connection: sa.Connection, row: sa.Row, end: datetime, at: datetime, request_id: str
) -> None:
    """Close the grant, open another with the new end, and write both down."""
    begins = max(at, row.valid_from)
    connection.execute(
        sa.update(GRANTS)
        .where(GRANTS.c.id == row.id)
        .values(valid_to=begins, ended_cause="end moved to midnight in London")
    )
    connection.execute(
        sa.insert(GRANTS).values(
            public_id=new_id(),
            membership_id=row.membership_id,
            service=row.service,
            user_group=row.user_group,
            valid_from=begins,
            valid_to=max(end, begins),
            given_by=row.given_by,
        )
    )
    name = f"{row.given_name} {row.family_name}".strip() or row.email
    connection.execute(
        sa.insert(AUDIT).values(
            at=at,
            event="access.end_moved",
            actor_kind="system",
            actor="system",
            actor_name="Secure Access",
            organisation=row.organisation,
            subject=row.subject,
            service=row.service,
            before={"ends_at": row.valid_to.isoformat()},
            after={"ends_at": end.isoformat()},
            detail={"membership": row.membership, "person": name, "user_group": row.user_group},
            request_id=request_id,
        )
    )


def downgrade() -> None:
    """Rows stay: both kinds of end are moments."""
