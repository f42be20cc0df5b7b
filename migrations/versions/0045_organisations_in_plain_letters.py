"""The name that a search of organisations looks through has no accents and no apostrophes."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

APOSTROPHES = {ord(mark): None for mark in "'’‘‛ʼʻʹ′`´＇"}
ROWS = 1000


def upgrade() -> None:
    organisation = sa.table(
        "organisation",
        sa.column("id", sa.Integer),
        sa.column("name", sa.String),
        sa.column("search_name", sa.String),
    )
    change = (
        organisation.update()
        .where(organisation.c.id == sa.bindparam("row"))
        .values(search_name=sa.bindparam("text"))
    )
    connection, after = op.get_bind(), 0
    while True:
        rows = connection.execute(
            sa.select(organisation).where(organisation.c.id > after).order_by("id").limit(ROWS)
        ).all()
        if not rows:
            return
        changed = [
            {"row": row.id, "text": text}
            for row in rows
            if (text := _plain_letters(row.name)) != row.search_name
        ]
        if changed:
            connection.execute(change, changed)
        after = rows[-1].id


def downgrade() -> None:
    """Leave the names as they are: an older version finds the same bodies, but by plain letters."""


def _plain_letters(name: str) -> str:
    """Return the name as `app.text_search.plain_letters` returned it at this revision."""
    letters = unicodedata.normalize("NFKD", name.translate(APOSTROPHES)).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
