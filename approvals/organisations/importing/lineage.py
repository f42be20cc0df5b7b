"""Predecessors and successors, staged as the newest files have them."""

from datetime import date

from sqlalchemy import Connection

from app.database.bulk import insert_rows
from approvals.organisations.importing import staging, statements
from approvals.organisations.importing.statements import Changes
from approvals.organisations.importing.tables import blocks
from approvals.organisations.register import codes


def stage(connection: Connection, family: str, changes: Changes) -> None:
    """Stage predecessors and successors as the newest file has them."""
    touched = [subject for subject in changes.after if subject.startswith("link:")]
    for block in blocks(touched, 2_000):
        gone, rows = [], []
        for subject, of_subject in statements.streams(connection, family, changes, block):
            _, urn, link_urn, link_type = subject.split(":", 3)
            if subject in changes.before:
                gone.append((urn, link_urn, link_type))
            facts = of_subject[family][-1][1]
            if facts is not None:
                day = facts.get("established_on")
                established_on = date.fromisoformat(day) if day else None
                relation = codes.link_relation(link_type)
                rows.append((urn, link_urn, link_type, relation, established_on))
        insert_rows(connection, staging.OLD_SCHOOL_LINKS, staging.LINK_COLUMNS[:3], gone)
        insert_rows(connection, staging.NEW_SCHOOL_LINKS, staging.LINK_COLUMNS, rows)
        connection.commit()
