"""The text that a search of people looks through has no accents and no apostrophes."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

APOSTROPHES = {ord(mark): None for mark in "'’‘‛ʼʻʹ′`´＇"}
ROWS = 1000


def upgrade() -> None:
    membership = sa.table(
        "membership",
        sa.column("id", sa.Integer),
        sa.column("given_name", sa.String),
        sa.column("family_name", sa.String),
        sa.column("email", sa.String),
        sa.column("search_text", sa.String),
    )
    change = (
        membership.update()
        .where(membership.c.id == sa.bindparam("row"))
        .values(search_text=sa.bindparam("text"))
    )
    connection, after = op.get_bind(), 0
    while True:
        rows = connection.execute(
            sa.select(membership).where(membership.c.id > after).order_by("id").limit(ROWS)
        ).all()
        if not rows:
            return
        changed = [
            {"row": row.id, "text": text}
            for row in rows
            if (text := _search_text(row)) != row.search_text
        ]
        if changed:
            connection.execute(change, changed)
        after = rows[-1].id


def downgrade() -> None:
    """Leave the text as it is: an older version finds the same people, but by plain letters."""


def _search_text(row: sa.Row[tuple[int, str, str, str, str]]) -> str:
    """Return the text as `approvals.memberships.models.search_key` returned it at this revision."""
    text = f"{row.given_name} {row.family_name} {row.email}".translate(APOSTROPHES)
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
