"""Names of organisations on past days."""

from datetime import date, datetime

from sqlalchemy import select

from app.database import db
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation, RegisterStatement
from approvals.organisations.queries import on_day, period_on
from approvals.organisations.register.stated_facts import read_facts


def name_on(organisation: Organisation, moment: date | datetime) -> str:
    """Return the name that an organisation had on a day, as far as it is known."""
    period = period_on(organisation, moment)
    if period is not None:
        return period.name
    if organisation.kind == Kind.LOCAL_AUTHORITY:
        return authority_name_on(organisation.key, on_day(moment)) or organisation.name
    return organisation.name


def authority_name_on(key: str, day: date) -> str | None:
    """Return the name that register files give a local authority on a day.

    A day before the first file is answered from that file. None where no file names it. `key` is
    the register's ("la:201"): local authorities have no periods.
    """
    named = [
        (stated_on, name)
        for stated_on, facts in db.session.execute(
            select(RegisterStatement.stated_on, RegisterStatement.facts)
            .where(RegisterStatement.subject == key, RegisterStatement.facts.is_not(None))
            # Of one day, the list of local authorities counts most: its family sorts last.
            .order_by(RegisterStatement.stated_on, RegisterStatement.family)
        )
        if (name := read_facts(facts or "{}").get("name"))
    ]
    by_then = [name for stated_on, name in named if stated_on <= day]
    if by_then:
        return by_then[-1]
    return named[0][1] if named else None
