"""Reads about organisations for pages, commands and other rooms."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.clock import day_of
from app.database import db
from app.text_search import contains_words, search_words, similar_keys
from approvals.organisations import openness
from approvals.organisations.kinds import Kind, kind_on_day
from approvals.organisations.models import (
    Organisation,
    OrganisationPeriod,
    RegisterFile,
    RegisterStatement,
    SchoolLink,
)
from approvals.organisations.register import codes
from approvals.organisations.register.stated_facts import read_facts

_IDENTIFIERS = ("urn", "uid", "la_code", "diocese_code", "ukprn")


def by_public_id(public_id: str) -> Organisation | None:
    """Return the organisation with this public id."""
    return db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))


def by_la_code(la_code: str) -> Organisation | None:
    """Return the local authority with this code."""
    return _by_key(f"la:{la_code}")


def by_identifier(identifier: str) -> Organisation | None:
    """Return by public id, by the register's key (`la:201`), or by an unambiguous URN or UID."""
    keys = [identifier, f"urn:{identifier}", f"uid:{identifier}"]
    found = db.session.scalars(
        select(Organisation).where(
            or_(Organisation.public_id == identifier, Organisation.key.in_(keys))
        )
    ).all()
    return found[0] if len(found) == 1 else None


def _by_key(key: str) -> Organisation | None:
    return db.session.scalar(select(Organisation).where(Organisation.key == key))


def on_day(moment: date | datetime) -> date:
    """Return the day in London of which a question about a moment speaks."""
    return day_of(moment) if isinstance(moment, datetime) else moment


def period_on(organisation: Organisation, moment: date | datetime) -> OrganisationPeriod | None:
    """Return the period of a school or trust on a day, or None for bodies without periods."""
    return db.session.scalar(
        select(OrganisationPeriod).where(
            OrganisationPeriod.organisation_id == organisation.id,
            OrganisationPeriod.holds_on(on_day(moment)),
        )
    )


def kind_on(organisation: Organisation, moment: date | datetime) -> str:
    """Return the kind of a body on a day: a trust may have been another kind of trust."""
    if organisation.kind not in (Kind.MULTI_ACADEMY_TRUST, Kind.SINGLE_ACADEMY_TRUST):
        return organisation.kind
    period = period_on(organisation, moment)
    return kind_on_day(organisation.kind, period.type_code if period else None)


def is_open(organisation: Organisation, moment: date | datetime) -> bool:
    """Return whether an organisation is open, or open but proposed to close, on a day."""
    period = period_on(organisation, moment)
    return openness.is_open(period.open if period else None, organisation.closed_on, on_day(moment))


def search(
    text: str,
    *,
    kinds: Collection[Kind] = (),
    open_on: date | datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Organisation]:
    """Return organisations whose name has every word, or whose identifier is the text; by name.

    With `open_on`, only those that are open on that day. An empty text finds all.
    """
    statement = matching(text, kinds, open_on)
    statement = statement.order_by(Organisation.search_name, Organisation.id)
    return db.session.scalars(statement.limit(limit).offset(offset)).all()


def search_count(
    text: str, *, kinds: Collection[Kind] = (), open_on: date | datetime | None = None
) -> int:
    """Return how many `search` would find without a limit."""
    statement = matching(text, kinds, open_on).with_only_columns(func.count(Organisation.id))
    return db.session.scalar(statement) or 0


def search_similar(
    text: str, *, kinds: Collection[Kind] = (), open_on: date | datetime | None = None
) -> Sequence[Organisation]:
    """Return organisations whose name nearly has every word, the most similar first."""
    keys = similar_keys(
        _among(kinds, open_on), Organisation.id, Organisation.search_name, search_words(text)
    )
    found = db.session.scalars(select(Organisation).where(Organisation.id.in_(keys)))
    return sorted(found, key=lambda organisation: keys.index(organisation.id))


def matching(
    text: str, kinds: Collection[Kind] = (), open_on: date | datetime | None = None
) -> Select[Organisation]:
    """Return the statement of `search`, without its order."""
    statement, words = _among(kinds, open_on), search_words(text)
    if not words:
        return statement
    named = and_(*contains_words(Organisation.search_name, words))
    identified = (_is_identified_by(each, text.strip()) for each in _IDENTIFIERS)
    return statement.where(or_(named, *identified, Organisation.public_id == text.strip()))


def _among(kinds: Collection[Kind], open_on: date | datetime | None) -> Select[Organisation]:
    statement = select(Organisation)
    if kinds:
        statement = statement.where(Organisation.kind.in_([kind.value for kind in kinds]))
    return statement if open_on is None else openness.only_open(statement, on_day(open_on))


def _is_identified_by(attribute: str, text: str) -> ColumnElement[bool]:
    """Select by identifiers. Codes that schools share identify only the body itself."""
    column: ColumnElement[bool] = getattr(Organisation, attribute) == text.upper()
    if attribute in ("la_code", "diocese_code"):
        return and_(column, Organisation.kind != Kind.ESTABLISHMENT)
    return column


def register_revision() -> str:
    """Return a text that changes with each import that said something."""
    return db.session.scalar(select(func.max(RegisterFile.public_id))) or ""


def diocese_name(diocese_code: str) -> str | None:
    """Return the name of a diocese in establishment files, whether or not it was added."""
    statement = (
        select(RegisterStatement.facts)
        .where(
            RegisterStatement.subject == f"diocese:{diocese_code}",
            RegisterStatement.facts.is_not(None),
        )
        .order_by(RegisterStatement.stated_on.desc())
    )
    for facts in db.session.scalars(statement):
        if name := read_facts(facts or "{}").get("name"):
            return name
    return None


def successors(urn: str) -> list[str]:
    """Return URNs of all schools that followed, nearest first; chains that loop are walked once."""
    return _walk(urn, codes.SUCCESSOR, codes.PREDECESSOR)


def predecessors(urn: str) -> list[str]:
    """Return URNs of all schools that went before, nearest first.

    Chains that loop are walked once.
    """
    return _walk(urn, codes.PREDECESSOR, codes.SUCCESSOR)


def _walk(urn: str, relation: str, reverse: str) -> list[str]:
    """Follow links in both notations: the files state many of them from one side only."""
    visited = {urn}
    found: list[str] = []
    ring = [urn]
    while ring:
        ring = sorted(_neighbours(ring, relation, reverse) - visited)
        visited.update(ring)
        found.extend(ring)
    return found


def _neighbours(urns: Iterable[str], relation: str, reverse: str) -> set[str]:
    ring = list(urns)
    forward = select(SchoolLink.link_urn).where(
        SchoolLink.relation == relation, SchoolLink.urn.in_(ring)
    )
    backward = select(SchoolLink.urn).where(
        SchoolLink.relation == reverse, SchoolLink.link_urn.in_(ring)
    )
    return set(db.session.scalars(forward)) | set(db.session.scalars(backward))
