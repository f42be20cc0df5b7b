"""An account counts the changes of what its person may do.

Triggers raise the number, so that no statement that changes a membership, a grant or an acceptance
can leave it out. Workers keep a person's claims for as long as it stays the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ACCOUNT_OF = {
    "membership": "{row}.account_id",
    "access_grant": "(SELECT account_id FROM membership WHERE id = {row}.membership_id)",
    "terms_acceptance": "{row}.account_id",
}
ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
TRIGGERS = [(table, event) for table in ACCOUNT_OF for event in ROWS]


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column("access_revision", sa.Integer(), nullable=False, server_default="0"),
    )
    for table, event in TRIGGERS:
        name = _name(table, event)
        if op.get_bind().dialect.name == "postgresql":
            body = f"BEGIN {_raise(table, event)} RETURN NULL; END"
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
            action = f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        else:
            action = f"BEGIN {_raise(table, event)} END"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {action}")


def downgrade() -> None:
    for table, event in TRIGGERS:
        name = _name(table, event)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_column("account", "access_revision")


def _raise(table: str, event: str) -> str:
    accounts = ", ".join(ACCOUNT_OF[table].format(row=row) for row in ROWS[event])
    return (
        "UPDATE account SET access_revision = access_revision + 1 "  # noqa: S608  # constants
        f"WHERE id IN ({accounts});"
    )


def _name(table: str, event: str) -> str:
    return f"{table}_{event.lower()}_raises_access_revision"
