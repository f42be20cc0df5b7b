"""From rows to facts: the statements behind every decision.

All shapes of the question ("may this person here?", "where may this person?", "who may here?")
select the same columns and are read by the same code, so that they cannot disagree. Each is one
statement, as it is asked whenever tokens are issued.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
)

from app.clock import day_of, start_of_day, today
from app.database import CompiledQuery, Query, UtcDateTime
from app.database.dated_rows import covers_sql
from approvals.access_model import versions
from approvals.access_model.models import Service, ServiceVersion
from approvals.decision.facts import (
    AccessFacts,
    GrantFacts,
    MembershipFacts,
    OrganisationFacts,
    PersonFacts,
)
from approvals.memberships.models import Grant, Membership, MembershipSuspension
from approvals.organisations.kinds import Kind, facts_of, kind_on_day
from approvals.organisations.models import Organisation, OrganisationPeriod, RegisterFile
from approvals.organisations.names import authority_name_on
from identity.accounts.models import Account, by_name
from identity.email_address import EmailAddress

Statement = Select[*tuple[object, ...]]


class FactsRow(Protocol):
    """A row of the statements below: `_columns` lists what they select."""

    account_id: int | None
    subject: str | None
    account_joined_at: datetime | None
    organisation_id: int
    organisation: str
    name: str
    kind: str
    la_code: str | None
    opened_on: date | None
    closed_on: date | None
    updated_at: datetime
    revision: str | None
    open: bool | None
    period_name: str | None
    period_type: str | None
    membership_id: int | None
    member_from: datetime
    member_joined_at: datetime | None
    member_to: datetime | None
    suspended_for: str | None
    grant: str | None
    user_group: str
    granted_from: datetime
    granted_to: datetime | None
    given_by: str
    version_id: int | None
    sha256: str


AT = bindparam("at", type_=UtcDateTime)
DAY = bindparam("day", type_=Date)
SERVICE = bindparam("service", type_=String)
SUBJECT: BindParameter[object] = bindparam("subject")
PLACE: BindParameter[object] = bindparam("place")
LINE_BREAK: ColumnElement[str] = literal_column("'\n'")


def facts_of_one(
    account_id: int, service: str, organisation: str, at: datetime
) -> AccessFacts | None:
    """Return facts about a person in an organisation (a public id), or None."""
    return facts_in(query_of_one(account_id, service, organisation, at).all(), service, at)


def query_of_one(account_id: int, service: str, organisation: str, at: datetime) -> Query[FactsRow]:
    """Return the query of `facts_of_one`, to be read together with others."""
    return _statement_of_one().query(
        service=service, at=at, day=day_of(at), subject=account_id, place=organisation
    )


def facts_in(rows: list[FactsRow], service: str, at: datetime) -> AccessFacts | None:
    """Return the facts in the rows of `query_of_one`, or None."""
    return _facts(rows, service, day_of(at)) if rows else None


def facts_of_person(account_id: int, service: str, at: datetime) -> list[AccessFacts]:
    """Return facts for each organisation of the person, past ones included, by name."""
    return _read(_of_person(), service, at, subject=account_id)


def facts_of_invited(email: EmailAddress, service: str, at: datetime) -> list[AccessFacts]:
    """Return the facts of a person who was invited and has no account yet, by email key."""
    return _read(_of_invited(), service, at, subject=email.key)


def facts_of_organisation(organisation_id: int, service: str, at: datetime) -> list[AccessFacts]:
    """Return facts for each person of an organisation, past ones included, by name."""
    return _read(_of_organisation(), service, at, place=organisation_id)


# Each statement is put together once: that takes longer than running it.


@cache
def _statement_of_one() -> CompiledQuery[FactsRow]:
    return _complete(
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
        .where(Account.id == SUBJECT, Organisation.public_id == PLACE)
    )


@cache
def _of_person() -> CompiledQuery[FactsRow]:
    return _complete(
        _columns()
        .select_from(Account)
        .join(Membership, Membership.account_id == Account.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Account.id == SUBJECT)
        .order_by(Organisation.search_name, Organisation.id)
    )


@cache
def _of_invited() -> CompiledQuery[FactsRow]:
    return _complete(
        _columns()
        .select_from(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(Membership.email_key == SUBJECT, Membership.account_id.is_(None))
        .order_by(Organisation.search_name, Organisation.id)
    )


@cache
def _of_organisation() -> CompiledQuery[FactsRow]:
    return _complete(
        _columns()
        .select_from(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Organisation.id == PLACE)
        .order_by(*by_name())
    )


def _columns() -> Statement:
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
        Organisation.updated_at,
        select(func.max(RegisterFile.public_id)).scalar_subquery().label("revision"),
        OrganisationPeriod.open,
        OrganisationPeriod.name.label("period_name"),
        OrganisationPeriod.type_code.label("period_type"),
        Membership.id.label("membership_id"),
        Membership.valid_from.label("member_from"),
        Membership.joined_at.label("member_joined_at"),
        Membership.valid_to.label("member_to"),
        # A cause has no line break: its texts are names and days.
        select(func.aggregate_strings(MembershipSuspension.cause, LINE_BREAK))  # type: ignore[arg-type]
        .where(
            MembershipSuspension.membership_id == Membership.id,
            MembershipSuspension.valid_from <= AT,
            or_(MembershipSuspension.valid_to.is_(None), MembershipSuspension.valid_to > AT),
        )
        .scalar_subquery()
        .label("suspended_for"),
        Grant.public_id.label("grant"),
        Grant.user_group,
        Grant.valid_from.label("granted_from"),
        Grant.valid_to.label("granted_to"),
        Grant.given_by,
        ServiceVersion.id.label("version_id"),
        ServiceVersion.sha256,
    )


def _complete(statement: Statement) -> CompiledQuery[FactsRow]:
    """Add the organisation's state on the day, the service's grants and its version in force."""
    service_id = select(Service.id).where(Service.code == SERVICE).scalar_subquery()
    return CompiledQuery(
        statement.outerjoin(
            OrganisationPeriod,
            and_(
                OrganisationPeriod.organisation_id == Organisation.id,
                covers_sql(OrganisationPeriod.valid_from, OrganisationPeriod.valid_to, DAY),
            ),
        )
        .outerjoin(Grant, and_(Grant.membership_id == Membership.id, Grant.service == SERVICE))
        .outerjoin(ServiceVersion, ServiceVersion.id == versions.in_force(service_id, AT))
    )


def _read(
    statement: CompiledQuery[FactsRow], service: str, at: datetime, **asked_about: int | str
) -> list[AccessFacts]:
    day = day_of(at)
    parameters = {"service": service, "at": at, "day": day, **asked_about}
    asked: dict[tuple[int | None, int], list[FactsRow]] = {}
    for row in statement.all(**parameters):
        asked.setdefault((row.account_id, row.organisation_id), []).append(row)
    return [_facts(rows, service, day) for rows in asked.values()]


def _facts(rows: list[FactsRow], service: str, day: date) -> AccessFacts:
    first = rows[0]
    version = versions.loaded_version(first.version_id, first.sha256) if first.version_id else None
    return AccessFacts(
        service_code=service,
        service=version.definition if version else None,
        person=PersonFacts(first.subject or "", first.account_joined_at),
        organisation=OrganisationFacts(
            public_id=first.organisation,
            name=_name(first, day),
            kind=kind_on_day(first.kind, first.period_type),
            key=_key(first),
            # A period of the register says whether it is open; dates alone speak for other bodies.
            active=first.open is not False,
            opened_at=start_of_day(first.opened_on) if first.opened_on and not first.open else None,
            closed_at=start_of_day(first.closed_on) if first.closed_on and not first.open else None,
            listed_as=version.listed_as(first.organisation_id) if version else frozenset(),
            updated_at=first.updated_at,
            revision=first.revision or "",
        ),
        memberships=tuple(_memberships(rows)),
        grants=tuple(_grants(rows, service)),
    )


def _name(row: FactsRow, day: date) -> str:
    """Return the name on the day. Only local authorities, without periods, are looked up."""
    if row.period_name is None and row.kind == Kind.LOCAL_AUTHORITY and day < today():
        return authority_name_on(f"la:{row.la_code}", day) or row.name
    name: str = row.period_name or row.name
    return name


def _key(row: FactsRow) -> str | None:
    identifier = facts_of(row.kind).identifier
    key: str | None = getattr(row, identifier) if identifier else None
    return key


def _memberships(rows: Iterable[FactsRow]) -> Iterable[MembershipFacts]:
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
                suspended_for=tuple(sorted((row.suspended_for or "").splitlines())),
            )


def _grants(rows: Iterable[FactsRow], service: str) -> Iterable[GrantFacts]:
    for row in rows:
        if row.grant is not None and row.membership_id is not None:
            yield GrantFacts(
                membership=row.membership_id,
                service=service,
                user_group=row.user_group,
                valid_from=row.granted_from,
                valid_to=row.granted_to,
                public_id=row.grant,
                given_by=row.given_by,
            )
