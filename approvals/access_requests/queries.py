"""Reads for the pages of the person who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from app.database import db
from app.web.pagination import Page, paginate
from approvals.access_model.definition import UserGroup
from approvals.access_requests import facts, mails
from approvals.access_requests.facts import ACCESS_REQUEST, AskedFor
from approvals.access_requests.rows import RequestRow, levels_of, rows_of
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.journeys import RequestAnswers
from approvals.memberships.queries import organisations_of
from approvals.organisations import queries as organisations
from approvals.organisations.coverage import organisations_within
from approvals.organisations.kinds import KINDS
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from approvals.remits.in_words import ScopeSchools, schools_of_scopes
from approvals.remits.remit import Scope
from identity.accounts.person import Person

FOUND = 20
"""Organisations that a search shows."""
_KINDS = tuple(kind for kind, found in KINDS.items() if found.identifier is not None)
"""Kinds of organisation that the public can look up."""


@dataclass(frozen=True)
class OwnRequest:
    """A request on its asker's page. status: in words. group: with what it allows, if it exists."""

    row: RequestRow
    status: str
    group: UserGroup | None
    answers: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class NewRequest:
    """The form for a request. organisation: the one that was chosen; else `found` has a search.

    schools: that the user groups of the offers open, by their scope. only_similar: nothing matches
    the search, and `found` nearly does. mine: the organisations that the person belongs to.
    """

    organisation: Organisation | None
    offers: Sequence[ServiceOffer]
    schools: Mapping[Scope, ScopeSchools]
    found: Sequence[Organisation]
    found_more: bool
    only_similar: bool
    mine: Sequence[Organisation]


def new_request(
    person: Person, chosen: str | None, search: str, at: datetime, bodies: Collection[str] | None
) -> NewRequest:
    """Return what the form shows: public data of the register, and the reader's organisations.

    bodies: to which the reader's session is limited, as public ids.
    """
    mine = [
        each
        for each, _membership in organisations_of(person.id)
        if organisations.is_open(each, at) and _opens(each, bodies, at)
    ]
    organisation = organisations.by_public_id(chosen) if chosen else None
    if organisation is not None and (
        organisation in mine
        or (facts.is_requestable(organisation, at) and _opens(organisation, bodies, at))
    ):
        offers = Catalogue(at).offers(organisation)
        scopes = [group.schools for offer in offers for group in offer.groups]
        schools = schools_of_scopes(organisation, scopes, at)
        return NewRequest(organisation, offers, schools, (), False, False, mine)
    found: Sequence[Organisation] = ()
    similar: Sequence[Organisation] = ()
    if search:
        found = organisations.search(search, kinds=_KINDS, open_on=at, limit=FOUND + 1)
        similar = () if found else organisations.search_similar(search, kinds=_KINDS, open_on=at)
    shown = found or similar
    return NewRequest(None, (), {}, shown[:FOUND], len(shown) > FOUND, bool(similar), mine)


def own_requests(
    person: Person, at: datetime, bodies: Collection[str] | None, *, page: int
) -> Page[OwnRequest]:
    """Return a page of the person's requests, the newest first."""
    statement = _of(person).order_by(
        PendingDecision.ended_at.is_not(None), PendingDecision.id.desc()
    )
    if bodies is not None:
        # A session of an organisation's own sign-in shows what is about that organisation.
        named = {each.public_id: each.id for each in _organisations_of(person)}
        within = organisations_within(bodies, named, at)
        ids = [named[each] for each in within]
        statement = statement.where(PendingDecision.organisation_id.in_(ids))
    found = paginate(statement, page=page)
    rows = [_own(row, at) for row in rows_of(found.rows, at)]
    return Page(rows, found.number, found.per_page, found.total)


def own_request(
    person: Person, public_id: str, at: datetime, bodies: Collection[str] | None
) -> OwnRequest | None:
    """Return the person's request of that id, or None."""
    found = db.session.scalar(_of(person).where(PendingDecision.public_id == public_id))
    if found is None:
        return None
    row = rows_of([found], at)[0]
    return _own(row, at) if _opens(row.organisation, bodies, at) else None


def count_own_waiting(person: Person) -> int:
    """Return how many of the person's requests wait for a decision."""
    statement = select(func.count(PendingDecision.id)).where(
        *facts.PENDING, PendingDecision.account_id == person.id
    )
    return db.session.scalar(statement) or 0


def _own(row: RequestRow, at: datetime) -> OwnRequest:
    asked = AskedFor.of(row.decision)
    return OwnRequest(
        row=row,
        status=_status(row, at),
        group=Catalogue(at).group(asked.service, asked.granted or asked.user_group),
        answers=asked.answers,
    )


def _status(row: RequestRow, at: datetime) -> str:
    """Return where the request is, without names or numbers of approvers."""
    match row.state:
        case "waiting":
            levels = levels_of(row.decision, row.organisation, at)
            where = " and ".join(mails.WITH[each].format(row.organisation.name) for each in levels)
            return f"Waiting for a decision. It is with {where}."
        case "approved":
            return f"Approved: {row.granted}."
        case "rejected":
            return f"Rejected. The reason: {row.decision.end_reason}"
        case "withdrawn":
            return "You withdrew the request."
        case _:
            return f"Ended without a decision. The reason: {row.decision.end_reason}"


def _of(person: Person) -> Select[PendingDecision]:
    return select(PendingDecision).where(
        PendingDecision.kind == ACCESS_REQUEST.name, PendingDecision.account_id == person.id
    )


def _organisations_of(person: Person) -> Sequence[Organisation]:
    asked = select(PendingDecision.organisation_id).where(
        PendingDecision.kind == ACCESS_REQUEST.name, PendingDecision.account_id == person.id
    )
    return db.session.scalars(select(Organisation).where(Organisation.id.in_(asked))).all()


def _opens(organisation: Organisation, bodies: Collection[str] | None, at: datetime) -> bool:
    if bodies is None:
        return True
    return bool(organisations_within(bodies, [organisation.public_id], at))


@dataclass(frozen=True)
class RequestToCheck:
    """The answers of a request that is not sent yet, with the names of what it asks for."""

    service: str
    group: UserGroup | None
    reason: str
    answers: Sequence[tuple[str, str]]


def request_to_check(answers: RequestAnswers, at: datetime) -> RequestToCheck:
    """Return the answers of a journey in words."""
    services = Catalogue(at)
    return RequestToCheck(
        service=services.service_name(answers["service"]),
        group=services.group(answers["service"], answers["group"]),
        reason=answers["reason"],
        answers=[(each[0], each[1]) for each in answers["answers"]],
    )
