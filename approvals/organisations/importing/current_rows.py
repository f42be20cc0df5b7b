"""Current rows about the subjects of an import."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select

from approvals.organisations.importing.tables import ORGANISATIONS, PERIODS, TRUST_LINKS, blocks
from approvals.organisations.register.timeline import Period

COLUMNS = (
    "kind",
    "name",
    "search_name",
    "urn",
    "uid",
    "la_code",
    "diocese_code",
    "ukprn",
    "establishment_number",
    "group_id",
    "companies_house_number",
    "type_code",
    "status_code",
    "opened_on",
    "closed_on",
    "phase_code",
    "low_age",
    "high_age",
    "region_code",
    "address",
    "town",
    "postcode",
    "known_from",
    "la_known_from",
    "diocese_known_from",
)
PERIOD_COLUMNS = (
    "valid_from",
    "valid_to",
    "open",
    "name",
    "type_code",
    "status_code",
    "la_code",
    "diocese_code",
)

BelongingRow = tuple[int, date, date, date]


def identifiers(connection: Connection) -> dict[str, int]:
    """Return the id of every organisation, by its key.

    All in one statement: PostgreSQL plans a long list of texts, asked for often, as a comparison of
    every row with every text.
    """
    rows = connection.execute(select(ORGANISATIONS.c.key, ORGANISATIONS.c.id))
    return {row[0]: row[1] for row in rows}


def organisations(connection: Connection, wanted: Sequence[int]) -> dict[str, Mapping[str, object]]:
    """Return the columns that an import writes, by key."""
    columns = [ORGANISATIONS.c.id, ORGANISATIONS.c.key]
    columns += [ORGANISATIONS.c[name] for name in COLUMNS]
    found: dict[str, Mapping[str, object]] = {}
    for block in blocks(wanted):
        rows = connection.execute(select(*columns).where(ORGANISATIONS.c.id.in_(block)))
        found.update((row["key"], dict(row)) for row in rows.mappings())
    return found


def periods(connection: Connection, identifiers: Sequence[int]) -> dict[int, list[Period]]:
    """Return the periods of these organisations, by id."""
    columns = [PERIODS.c[name] for name in PERIOD_COLUMNS]
    found: dict[int, list[Period]] = {}
    for block in blocks(identifiers):
        rows = connection.execute(
            select(PERIODS.c.organisation_id, *columns)
            .where(PERIODS.c.organisation_id.in_(block))
            .order_by(PERIODS.c.valid_from)
        )
        for row in rows:
            found.setdefault(row[0], []).append(Period(*row[1:]))
    return found


def belongings(connection: Connection, identifiers: Sequence[int]) -> dict[int, list[BelongingRow]]:
    """Return the trusts of these schools, by id."""
    found: dict[int, list[BelongingRow]] = {}
    for block in blocks(identifiers):
        rows = connection.execute(
            select(
                TRUST_LINKS.c.organisation_id,
                TRUST_LINKS.c.trust_id,
                TRUST_LINKS.c.valid_from,
                TRUST_LINKS.c.valid_to,
                TRUST_LINKS.c.known_from,
            )
            .where(TRUST_LINKS.c.organisation_id.in_(block))
            .order_by(TRUST_LINKS.c.valid_from)
        )
        for identifier, *rest in rows:
            found.setdefault(identifier, []).append((rest[0], rest[1], rest[2], rest[3]))
    return found
