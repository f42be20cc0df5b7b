"""Predecessors and successors, written as the newest files have them."""

from datetime import date

from sqlalchemy import Connection, bindparam, delete

from app.database.bulk import insert_rows
from approvals.organisations.importing import statements
from approvals.organisations.importing.statements import Changes
from approvals.organisations.importing.tables import SCHOOL_LINKS, blocks
from approvals.organisations.register import codes

_COLUMNS = ("urn", "link_urn", "link_type", "relation", "established_on")


def renew(connection: Connection, family: str, changes: Changes) -> None:
    """Predecessors and successors as the newest word has them."""
    touched = [subject for subject in changes.after if subject.startswith("link:")]
    this = (
        (SCHOOL_LINKS.c.urn == bindparam("of_urn"))
        & (SCHOOL_LINKS.c.link_urn == bindparam("to_urn"))
        & (SCHOOL_LINKS.c.link_type == bindparam("as_type"))
    )
    for block in blocks(touched, 2_000):
        gone, rows = [], []
        for subject, of_subject in statements.streams(connection, family, changes, block):
            _, urn, link_urn, link_type = subject.split(":", 3)
            if subject in changes.before:
                gone.append({"of_urn": urn, "to_urn": link_urn, "as_type": link_type})
            facts = of_subject[family][-1][1]
            if facts is not None:
                day = facts.get("established_on")
                rows.append(
                    (
                        urn,
                        link_urn,
                        link_type,
                        codes.link_relation(link_type),
                        date.fromisoformat(day) if day else None,
                    )
                )
        if gone:
            connection.execute(delete(SCHOOL_LINKS).where(this), gone)
        if rows:
            insert_rows(connection, SCHOOL_LINKS, _COLUMNS, rows)
