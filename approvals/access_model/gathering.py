"""From rows to facts: the statements behind every decision.

All shapes of the question ("may this person here?", "where may this person?", "who may here?")
select the same columns and are read by the same code, so that they cannot disagree. Each is one
statement, as it is asked whenever tokens are issued.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, select, true

from app.clock import start_of_day
from app.database import db
from approvals.access_model import versions
from approvals.access_model.facts import (
    Facts,
    GrantFacts,
    MembershipFacts,
    OrganisationFacts,
    PersonFacts,
)
from approvals.access_model.models import Service, ServiceVersion
from approvals.memberships.models import Grant, Membership
from approvals.organisations.kinds import facts_of
from approvals.organisations.models import Organisation, OrganisationPeriod
from identity.accounts.models import Account


def one(account_id: int, service: str, organisation: str, at: datetime) -> Facts | None:
    """Facts about one person in one organisation (a public id). None: there is no such thing."""
    statement = (
        _columns()
        .select_from(Account)
        .join(Organisation, true())
        .outerjoin(
            Membership,
            and_(
                Membership.account_id == Account.id,
                Membership.organisation_id == Organisation.id,
            ),
        )
        .where(Account.id == account_id, Organisation.public_id == organisation)
    )
    return next(iter(_read(statement, service, at)), None)


def of_person(account_id: int, service: str, at: datetime) -> list[Facts]:
    """Facts for each organisation that the person belongs to, or belonged to, by name."""
    statement = (
        _columns()
        .select_from(Account)
        .join(Membership, Membership.account_id == Account.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Account.id == account_id)
    )
    return _read(statement.order_by(Organisation.search_name, Organisation.id), service, at)


def of_invited(email_key: str, service: str, at: datetime) -> list[Facts]:
    """The same for somebody who was invited and has no account yet, by the address's key."""
    statement = (
        _columns()
        .select_from(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(Membership.email_key == email_key, Membership.account_id.is_(None))
    )
    return _read(statement.order_by(Organisation.search_name, Organisation.id), service, at)


def of_organisation(organisation_id: int, service: str, at: datetime) -> list[Facts]:
    """Facts for each person who belongs, or belonged, to an organisation, by name."""
    statement = (
        _columns()
        .select_from(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Organisation.id == organisation_id)
    )
    return _read(statement.order_by(Account.family_name, Account.given_name), service, at)


def _columns() -> Select[*tuple[Any, ...]]:
    return select(
        Account.id.label("account_id"),
        Account.subject,
        Account.joined_at.label("account_joined_at"),
        Organisation.id.label("organisation_id"),
        Organisation.public_id.label("organisation"),
        Organisation.name,
        Organisation.kind,
        Organisation.urn,
        Organisation.uid,
        Organisation.la_code,
        Organisation.diocese_code,
        Organisation.ukprn,
        Organisation.opened_on,
        Organisation.closed_on,
        OrganisationPeriod.open,
        Membership.id.label("membership_id"),
        Membership.valid_from.label("member_from"),
        Membership.joined_at.label("member_joined_at"),
        Membership.valid_to.label("member_to"),
        Grant.public_id.label("grant"),
        Grant.user_group,
        Grant.valid_from.label("granted_from"),
        Grant.valid_to.label("granted_to"),
        Grant.given_by,
        ServiceVersion.id.label("version_id"),
        ServiceVersion.sha256,
    )


def _read(statement: Select[*tuple[Any, ...]], service: str, at: datetime) -> list[Facts]:
    day = at.astimezone(UTC).date()
    service_id = select(Service.id).where(Service.code == service).scalar_subquery()
    statement = (
        statement.outerjoin(
            OrganisationPeriod,
            and_(
                OrganisationPeriod.organisation_id == Organisation.id,
                OrganisationPeriod.valid_from <= day,
                OrganisationPeriod.valid_to > day,
            ),
        )
        .outerjoin(Grant, and_(Grant.membership_id == Membership.id, Grant.service == service))
        .outerjoin(ServiceVersion, ServiceVersion.id == versions.in_force(service_id, at))
    )
    asked: dict[tuple[int | None, int], list[Row[*tuple[Any, ...]]]] = {}
    for row in db.session.execute(statement):
        asked.setdefault((row.account_id, row.organisation_id), []).append(row)
    return [_facts(rows, service) for rows in asked.values()]


def _facts(rows: list[Row[*tuple[Any, ...]]], service: str) -> Facts:
    first = rows[0]
    version = versions.loaded(first.version_id, first.sha256) if first.version_id else None
    return Facts(
        service_code=service,
        service=version.definition if version else None,
        person=PersonFacts(first.subject or "", first.account_joined_at),
        organisation=OrganisationFacts(
            public_id=first.organisation,
            name=first.name,
            kind=first.kind,
            key=_key(first),
            # A period of the register says whether it is open; dates alone speak for other bodies.
            active=first.open is not False,
            opened_at=start_of_day(first.opened_on) if first.opened_on and not first.open else None,
            closed_at=start_of_day(first.closed_on) if first.closed_on and not first.open else None,
            listed_as=version.listed_as(first.organisation_id) if version else frozenset(),
        ),
        memberships=tuple(_memberships(rows)),
        grants=tuple(_grants(rows, service)),
    )


def _key(row: Row[*tuple[Any, ...]]) -> str | None:
    identifier = facts_of(row.kind).identifier
    key: str | None = getattr(row, identifier) if identifier else None
    return key


def _memberships(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterable[MembershipFacts]:
    seen = set()
    for row in rows:
        if row.membership_id is not None and row.membership_id not in seen:
            seen.add(row.membership_id)
            yield MembershipFacts(
                id=row.membership_id,
                organisation=row.organisation,
                valid_from=row.member_from,
                joined_at=row.member_joined_at,
                valid_to=row.member_to,
            )


def _grants(rows: Iterable[Row[*tuple[Any, ...]]], service: str) -> Iterable[GrantFacts]:
    for row in rows:
        if row.grant is not None:
            yield GrantFacts(
                membership=row.membership_id,
                service=service,
                user_group=row.user_group,
                valid_from=row.granted_from,
                valid_to=row.granted_to,
                public_id=row.grant,
                given_by=row.given_by,
            )
