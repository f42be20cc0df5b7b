"""Events of an organisation or a person, read from the audit and put in plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, or_, select

from app.audit import EVENTS, AuditEvent
from app.clock import end_of_day, start_of_day
from app.database import db
from app.request_reference import request_id_prefix
from app.web.pagination import Page, paginate
from approvals.activity.own_words import CAUSES, OWN_WORDS, TOLD_OTHERWISE
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.oidc.models import Client


@dataclass(frozen=True)
class ActivityEntry:
    """One audit row, as a sentence."""

    at: datetime
    sentence: str
    actor: str
    kind: str
    subject: str
    request_id: str
    before: dict[str, object] | None
    after: dict[str, object] | None


@dataclass(frozen=True)
class OwnEntry:
    """One audit row about the reader. network: where the act came from, if that is known."""

    at: datetime
    sentence: str
    network: str


@dataclass(frozen=True)
class ActivityFilters:
    """Filters of a list of events."""

    kind: str = ""
    person: str = ""
    first_day: date | None = None
    last_day: date | None = None


KINDS = {
    "membership.": "People invited, joined or removed",
    "access.": "User groups",
    "access_request.": "Requests for access",
    "approver.": "Approvers",
    "service.": "Sign-ins to services",
}
"""Filters of the approvers' list: the beginning of an event's name, and its words."""


OF_MACHINES = "token."
"""Events between a service and the provider, many to each sign-in: operators alone read them."""


def activity_of_organisation(
    organisation: Organisation, filters: ActivityFilters, at: datetime, *, page: int
) -> Page[ActivityEntry]:
    """Return a page of the organisation's events, the latest first, in the words of the moment."""
    statement = _in(organisation)
    if filters.kind in KINDS:
        statement = statement.where(AuditEvent.event.startswith(filters.kind, autoescape=True))
    if filters.person:
        statement = _concerning(statement, *_person(organisation, filters.person))
    return _page(_between(statement, filters), at, page)


def latest_activity(organisation: Organisation, at: datetime, *, limit: int) -> list[ActivityEntry]:
    """Return the latest events of the organisation, in the words of the moment."""
    return list(describe_entry(db.session.scalars(_in(organisation).limit(limit)), at))


def activity_about_person(
    organisation: Organisation,
    person: Membership,
    account: Account | None,
    at: datetime,
    *,
    limit: int,
) -> list[ActivityEntry]:
    """Return the latest events about this person in this organisation."""
    statement = _concerning(
        _in(organisation), person.public_id, account.subject if account else None
    )
    return list(describe_entry(db.session.scalars(statement.limit(limit)), at))


def own_activity(
    account: Person, at: datetime, *, page: int, bodies: Collection[str] | None = None
) -> Page[OwnEntry]:
    """Return a page of the events about a person, the latest first, in words for the person.

    bodies: the organisations that the person's session opens, with their schools, where it does not
    open all. Events of others are left out; those of no organisation are not.
    """
    statement = _about(account)
    if bodies is not None:
        within = organisations_within(bodies, _organisations_named(account), at)
        statement = statement.where(
            or_(AuditEvent.organisation.is_(None), AuditEvent.organisation.in_(within))
        )
    found = paginate(statement, page=page)
    return Page(_own_entries(found.rows, at), found.number, found.per_page, found.total)


def all_own_activity(account: Person, at: datetime) -> Sequence[OwnEntry]:
    """Return all events about a person, the latest first, in words for the person."""
    return _own_entries(db.session.scalars(_about(account)), at)


def activity_everywhere(
    *,
    search: str = "",
    organisation: str = "",
    kind: str = "",
    filters: ActivityFilters,
    at: datetime,
    page: int,
) -> Page[ActivityEntry]:
    """Return a page of all events, for operators.

    `search` is a person's subject, a client id, a request id or its reference.
    """
    statement = select(AuditEvent).order_by(AuditEvent.id.desc())
    if search:
        statement = statement.where(
            or_(
                AuditEvent.subject == search,
                AuditEvent.actor == search,
                AuditEvent.client == search,
                _of_request(search),
            )
        )
    if organisation:
        statement = statement.where(AuditEvent.organisation == organisation)
    if kind:
        statement = statement.where(AuditEvent.event.startswith(kind, autoescape=True))
    return _page(_between(statement, filters), at, page)


def request_of(organisation: Organisation, person: Membership, event: str) -> str:
    """Return the id of the request with the person's last such event; empty if unknown."""
    return _last_request(_concerning(_in(organisation), person.public_id, None), event)


def request_with(organisation: Organisation, event: str, field: str, value: str) -> str:
    """Return the id of the request with the last such event with this detail; empty if unknown."""
    detail = AuditEvent.detail[field].as_string()
    return _last_request(_in(organisation).where(detail == value), event)


def _last_request(statement: Select[AuditEvent], event: str) -> str:
    found = db.session.scalar(
        statement.where(AuditEvent.event == event).with_only_columns(AuditEvent.request_id).limit(1)
    )
    return found or ""


def describe_entry(rows: Iterable[AuditEvent], at: datetime) -> Sequence[ActivityEntry]:
    """Describe rows as sentences, with the names that services have at the moment."""
    found = list(rows)
    fields = _fields_of(found, at)
    return [_happening(row, words) for row, words in zip(found, fields, strict=True)]


def _happening(row: AuditEvent, words: _EventFields) -> ActivityEntry:
    event = EVENTS.by_name().get(row.event)
    return ActivityEntry(
        at=row.at,
        sentence=_sentence(event.sentence if event else row.event, words),
        actor=row.actor_name,
        kind=row.event,
        subject=str(words["subject"]),
        request_id=row.request_id,
        before=row.before,
        after=row.after,
    )


def _own_entries(rows: Iterable[AuditEvent], at: datetime) -> list[OwnEntry]:
    found = list(rows)
    return [_own_entry(row, words) for row, words in zip(found, _fields_of(found, at), strict=True)]


def _own_entry(row: AuditEvent, words: _EventFields) -> OwnEntry:
    event = EVENTS.by_name().get(row.event)
    if row.actor_kind == "command":
        words["actor"] = "an operator"
    elif row.actor == row.subject:
        words["actor"] = "you"
    words["cause"] = CAUSES.get(str(row.detail.get("cause")), row.detail.get("cause", "…"))
    for moment, values in (("before", row.before), ("after", row.after)):
        words[f"{moment}_email"] = (values or {}).get("email", "…")
    template = OWN_WORDS.get(row.event) or (event.sentence if event else row.event)
    network = str(row.detail.get("network", "")).removesuffix("/32")
    return OwnEntry(row.at, _sentence(template, words), network)


def _sentence(template: str, words: _EventFields) -> str:
    # A quoted reason that is a sentence of its own ends this one as well.
    sentence = template.format_map(words).replace(".”.", ".”")
    return sentence[:1].upper() + sentence[1:]


def _fields_of(rows: Sequence[AuditEvent], at: datetime) -> list[_EventFields]:
    """Return the fields for the sentence of each row, read by a constant number of statements."""
    organisations = _organisation_names({row.organisation for row in rows if row.organisation})
    people = _people_names({row.subject for row in rows if row.subject})
    clients = _client_names({row.client for row in rows if row.client})
    services = Catalogue(at)
    return [
        _EventFields(
            {
                **row.detail,
                "actor": actor_in_words(row),
                "subject": people.get(row.subject or "", "")
                or str(row.detail.get("person", "somebody")),
                "organisation": organisations.get(row.organisation or "", "an organisation"),
                "client": clients.get(row.client or "", "a service"),
                "service": services.service_name(row.service) if row.service else "a service",
                "owner": services.service_name(row.service) if row.service else "Secure Access",
            }
        )
        for row in rows
    ]


def actor_in_words(row: AuditEvent) -> str:
    """Return who acted, by the name at the time.

    Commands are run by operators, whom the audit does not know by name.
    """
    if row.actor_kind == "command":
        return f"an operator (command {row.actor})"
    return row.actor_name


class _EventFields(dict[str, object]):
    """A field that an old row does not carry leaves a gap, not an error."""

    def __missing__(self, key: str) -> str:
        return "…"


def _of_request(search: str) -> ColumnElement[bool]:
    start = request_id_prefix(search)
    if start is None:
        return AuditEvent.request_id == search
    # The bounds let the index find them; no digit comes behind "z".
    near = AuditEvent.request_id.between(start, f"{start}z")
    return near & AuditEvent.request_id.startswith(start, autoescape=True)


def _about(account: Person) -> Select[AuditEvent]:
    return (
        select(AuditEvent)
        .where(
            AuditEvent.subject == account.subject,
            AuditEvent.event.not_in(TOLD_OTHERWISE),
            ~AuditEvent.event.startswith(OF_MACHINES, autoescape=True),
        )
        .order_by(AuditEvent.id.desc())
    )


def _organisations_named(account: Person) -> set[str]:
    found = db.session.scalars(
        select(AuditEvent.organisation).where(AuditEvent.subject == account.subject).distinct()
    )
    return {organisation for organisation in found if organisation is not None}


def _in(organisation: Organisation) -> Select[AuditEvent]:
    return (
        select(AuditEvent)
        .where(
            AuditEvent.organisation == organisation.public_id,
            ~AuditEvent.event.startswith(OF_MACHINES, autoescape=True),
        )
        .order_by(AuditEvent.id.desc())
    )


def _concerning(
    statement: Select[AuditEvent], membership: str, subject: str | None
) -> Select[AuditEvent]:
    """Select rows about a membership, by its public id in the detail, or about its person."""
    same = AuditEvent.detail["membership"].as_string() == membership
    return statement.where(or_(same, AuditEvent.subject == subject) if subject else same)


def _person(organisation: Organisation, membership: str) -> tuple[str, str | None]:
    subject = db.session.scalar(
        select(Account.subject)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.public_id == membership, Membership.organisation_id == organisation.id)
    )
    return membership, subject


def _between(statement: Select[AuditEvent], filters: ActivityFilters) -> Select[AuditEvent]:
    if filters.first_day:
        statement = statement.where(AuditEvent.at >= start_of_day(filters.first_day))
    if filters.last_day:
        statement = statement.where(AuditEvent.at < end_of_day(filters.last_day))
    return statement


def _page(statement: Select[AuditEvent], at: datetime, page: int) -> Page[ActivityEntry]:
    found = paginate(statement, page=page)
    return Page(describe_entry(found.rows, at), found.number, found.per_page, found.total)


def _organisation_names(public_ids: set[str]) -> dict[str, str]:
    rows = db.session.execute(
        select(Organisation.public_id, Organisation.name).where(
            Organisation.public_id.in_(public_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


def _client_names(identifiers: set[str]) -> dict[str, str]:
    rows = db.session.execute(
        select(Client.client_id, Client.name).where(Client.client_id.in_(identifiers))
    )
    return {row.client_id: row.name for row in rows}


def _people_names(subjects: set[str]) -> dict[str, str]:
    accounts = db.session.scalars(select(Account).where(Account.subject.in_(subjects)))
    return {account.subject: account.name for account in accounts}
