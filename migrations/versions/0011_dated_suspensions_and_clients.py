"""Suspensions of accounts, and the service and state of clients, are dated rows.

Until now one cell held each and was overwritten. The past is read from the audit, the present from
the cells: where the two differ, the cells count from now on.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACCOUNTS = sa.table(
    "account",
    sa.column("id", sa.Integer),
    sa.column("subject", sa.String),
    sa.column("suspended_at", UtcDateTime),
)
CLIENTS = sa.table(
    "oidc_client",
    sa.column("id", sa.Integer),
    sa.column("client_id", sa.String),
    sa.column("service", sa.String),
    sa.column("created_at", UtcDateTime),
    sa.column("disabled_at", UtcDateTime),
)
AUDIT = sa.table(
    "audit_event",
    sa.column("id", sa.Integer),
    sa.column("at", UtcDateTime),
    sa.column("event", sa.String),
    sa.column("subject", sa.String),
    sa.column("service", sa.String),
    sa.column("client", sa.String),
)


def upgrade() -> None:
    suspensions = op.create_table(
        "account_suspension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_suspension_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_suspension")),
    )
    op.create_index(
        "ux_account_suspension_open",
        "account_suspension",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index(
        "ix_account_suspension_account_id", "account_suspension", ["account_id", "valid_from"]
    )
    periods = op.create_table(
        "oidc_client_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=80), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oidc_client.id"],
            name=op.f("fk_oidc_client_period_client_id_oidc_client"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_client_period")),
    )
    op.create_index(
        "ix_oidc_client_period_service", "oidc_client_period", ["service", "valid_from"]
    )
    op.create_index(
        "ix_oidc_client_period_client_id", "oidc_client_period", ["client_id", "valid_to"]
    )
    connection = op.get_bind()
    rows = suspension_rows(connection)
    if rows:
        connection.execute(sa.insert(suspensions), rows)
    rows = client_rows(connection)
    if rows:
        connection.execute(sa.insert(periods), rows)


def events(connection: sa.Connection, *names: str) -> list[sa.Row]:
    """Return the audit rows of these events, the oldest first."""
    return list(
        connection.execute(sa.select(AUDIT).where(AUDIT.c.event.in_(names)).order_by(AUDIT.c.id))
    )


def suspension_rows(connection: sa.Connection) -> list[dict[str, object]]:
    """Return the spells of every account that is suspended or ever was."""
    happened: dict[str, list[sa.Row]] = {}
    for row in events(connection, "account.suspended", "account.restored"):
        happened.setdefault(row.subject, []).append(row)
    rows: list[dict[str, object]] = []
    for account in connection.execute(sa.select(ACCOUNTS)):
        begun: datetime | None = None
        for event in happened.get(account.subject, []):
            if event.event == "account.suspended":
                begun = begun or event.at
            elif begun is not None:
                rows.append({"account_id": account.id, "valid_from": begun, "valid_to": event.at})
                begun = None
        if account.suspended_at is not None:
            begun = account.suspended_at
        elif begun is not None:
            rows.append(
                {"account_id": account.id, "valid_from": begun, "valid_to": datetime.now(UTC)}
            )
            begun = None
        if begun is not None:
            rows.append({"account_id": account.id, "valid_from": begun, "valid_to": None})
    return rows


def client_rows(connection: sa.Connection) -> list[dict[str, object]]:
    """Return the periods of every client, the last of each as the client is now."""
    happened: dict[str, list[sa.Row]] = {}
    names = ("client.registered", "client.updated", "client.disabled", "client.enabled")
    for row in events(connection, *names):
        happened.setdefault(row.client, []).append(row)
    rows: list[dict[str, object]] = []
    for client in connection.execute(sa.select(CLIENTS)):
        states: list[tuple[datetime, str | None, bool]] = []
        enabled = True
        for event in happened.get(client.client_id, []):
            if event.event in ("client.disabled", "client.enabled"):
                enabled = event.event == "client.enabled"
            add(states, event.at if states else client.created_at, event.service, enabled)
        present = (client.service, client.disabled_at is None)
        since = client.disabled_at or datetime.now(UTC)
        add(states, since if states else client.created_at, *present)
        for place, (begins, service, is_enabled) in enumerate(states):
            ends = states[place + 1][0] if place + 1 < len(states) else None
            rows.append(
                {
                    "client_id": client.id,
                    "service": service,
                    "enabled": is_enabled,
                    "valid_from": begins,
                    "valid_to": ends,
                }
            )
    return rows


def add(
    states: list[tuple[datetime, str | None, bool]], at: datetime, service: str | None, on: bool
) -> None:
    """Add a state where it differs from the last."""
    if not states or states[-1][1:] != (service, on):
        states.append((max(at, states[-1][0]) if states else at, service, on))


def downgrade() -> None:
    op.drop_table("oidc_client_period")
    op.drop_table("account_suspension")
