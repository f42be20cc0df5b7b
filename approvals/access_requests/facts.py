"""Gathering: pending requests, and what the rules must know about askers and deciders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from app.database import db
from approvals.access_model.definition import UserGroup
from approvals.access_requests import rules
from approvals.access_requests.rules import FilingFacts
from approvals.memberships import facts as members
from approvals.memberships.approvers import can_approve
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.deciders import Deciders
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.organisations.parents import children_among, may_have_children
from approvals.organisations.queries import is_open
from approvals.pending_decisions.decisions import DecisionKind
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account

ACCESS_REQUEST = DecisionKind("access_request", undecided=None)
PENDING = (PendingDecision.kind == ACCESS_REQUEST.name, PendingDecision.ended_at.is_(None))
"""Conditions of the requests that wait for a decision."""


@dataclass(frozen=True)
class AskedFor:
    """The contents of a request. answers: each question of the service with its answer."""

    service: str
    user_group: str
    answers: Sequence[tuple[str, str]] = ()
    granted: str | None = None

    @classmethod
    def of(cls, decision: PendingDecision) -> AskedFor:
        """Return the contents as they are stored."""
        details = decision.details
        answers = details.get("answers")
        granted = details.get("granted")
        return cls(
            service=str(details["service"]),
            user_group=str(details["user_group"]),
            answers=[(str(each[0]), str(each[1])) for each in answers]
            if isinstance(answers, list)
            else [],
            granted=str(granted) if granted else None,
        )

    def stored(self) -> dict[str, object]:
        """Return the contents for the column `details`."""
        return {
            "service": self.service,
            "user_group": self.user_group,
            "answers": [list(each) for each in self.answers],
            "granted": self.granted,
        }


def is_requestable(organisation: Organisation, at: datetime) -> bool:
    """Return whether people who do not belong to the organisation may ask for access through it.

    Only bodies that the public can look up: those with an identifier of a register.
    """
    return organisation.facts.identifier is not None and is_open(organisation, at)


def groups_of(organisation: Organisation, service: str, at: datetime) -> tuple[UserGroup, ...]:
    """Return the user groups of the service that the organisation can give."""
    offers = Catalogue(at).offers(organisation)
    return next((offer.groups for offer in offers if offer.code == service), ())


def membership_of(account_id: int, organisation_id: int) -> Membership | None:
    """Return the person's open membership that they have joined, with its grants."""
    found: Membership | None = db.session.scalar(
        select(Membership)
        .where(
            Membership.account_id == account_id,
            Membership.organisation_id == organisation_id,
            Membership.open,
            Membership.joined_at.is_not(None),
        )
        .options(*members.WITH_EVERYTHING)
        .execution_options(populate_existing=True)
    )
    return found


def gather_filing(
    account: Account, organisation: Organisation, asked: AskedFor, at: datetime
) -> FilingFacts:
    """Return what `rules.may_file` must know. Organisation and account are locked."""
    membership = membership_of(account.id, organisation.id)
    held = members.held_groups(membership, at) if membership is not None else ()
    groups = groups_of(organisation, asked.service, at)
    deciders = members.deciders(organisation, at)
    belongs_here = membership is not None and is_open(organisation, at)
    return FilingFacts(
        requestable=belongs_here or is_requestable(organisation, at),
        offered=[group.code for group in groups],
        user_group=asked.user_group,
        held=[grant.user_group for grant in held if grant.service == asked.service],
        belongs_somewhere=_belongs_somewhere(account.id),
        closed_here=membership is not None and membership.suspended_at is not None,
        pending_here=ACCESS_REQUEST.open_about(account.id, organisation.id) is not None,
        pending_anywhere=_count(*PENDING, PendingDecision.account_id == account.id) > 0,
        pending_from_outside=_count(
            *PENDING,
            PendingDecision.organisation_id == organisation.id,
            ~_asker_belongs_somewhere(),
        ),
        filed_in_a_day=_count(
            PendingDecision.kind == ACCESS_REQUEST.name,
            PendingDecision.account_id == account.id,
            PendingDecision.asked_at > at - timedelta(days=1),
        ),
        somebody_can_decide=bool(rules.levels_open(deciders, asker=account.id, asked_at=at, at=at)),
    )


def by_public_id(public_id: str) -> PendingDecision | None:
    """Return the request of that id as it is now, pending or ended."""
    found: PendingDecision | None = db.session.scalar(
        select(PendingDecision)
        .where(PendingDecision.public_id == public_id, PendingDecision.kind == ACCESS_REQUEST.name)
        .execution_options(populate_existing=True)
    )
    return found


def pending_of_organisation(organisation: Organisation, at: datetime) -> Select[PendingDecision]:
    """Select the pending requests that approvers of the organisation may decide at a moment.

    Those are its own, and those of the organisations of which it is a parent that were passed on.
    """
    body = PendingDecision.organisation_id == organisation.id
    if not may_have_children(organisation):
        return select(PendingDecision).where(*PENDING, body)
    elsewhere = db.session.scalars(
        select(PendingDecision.organisation_id)
        .where(*PENDING, PendingDecision.organisation_id != organisation.id, _is_passed_on(at))
        .distinct()
    ).all()
    others = [each for each in elsewhere if each is not None]
    children = children_among(organisation, others, at) if others else frozenset[int]()
    passed_on = PendingDecision.organisation_id.in_(children) & _is_passed_on(at)
    return select(PendingDecision).where(*PENDING, or_(body, passed_on) if children else body)


def may_be_passed_on(at: datetime) -> Select[PendingDecision]:
    """Select the pending requests that people beyond the organisation may decide."""
    return select(PendingDecision).where(*PENDING, _is_passed_on(at))


def parent_for(account_id: int, organisation: Organisation, at: datetime) -> int | None:
    """Return the parent body of the organisation of which the person is an approver, or None."""
    parents = members.deciders(organisation, at).parents
    return next((body for body, people in parents.items() if account_id in people), None)


class DecidersAtOnce:
    """The deciders of many requests at one moment, read by few statements.

    The levels above an organisation are read only where they count, once for each organisation.
    """

    def __init__(self, organisations: Collection[int], at: datetime) -> None:
        self._at = at
        self._approvers = _approvers_of_all(organisations, at)
        self._all_levels: dict[int, Deciders] = {}

    def of(self, decision: PendingDecision, organisation: Organisation) -> frozenset[int]:
        """Return the accounts that may decide the request."""
        asker = decision.account_id or 0
        approvers = self._approvers.get(organisation.id, frozenset()) - {asker}
        if approvers and not rules.steps(decision.asked_at, self._at):
            return approvers
        if organisation.id not in self._all_levels:
            self._all_levels[organisation.id] = members.deciders(organisation, self._at)
        deciders = self._all_levels[organisation.id]
        levels = rules.levels_open(deciders, asker=asker, asked_at=decision.asked_at, at=self._at)
        return frozenset[int]().union(
            *(deciders.at_level(level, without=[asker]) for level in levels)
        )


def _approvers_of_all(organisations: Collection[int], at: datetime) -> Mapping[int, frozenset[int]]:
    """Return the accounts of the approvers who can act at the moment, by organisation."""
    found: dict[int, set[int]] = {}
    rows = db.session.execute(
        select(Membership.organisation_id, Account.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.organisation_id.in_(organisations), can_approve(at))
    )
    for organisation_id, account_id in rows:
        found.setdefault(organisation_id, set()).add(account_id)
    return {each: frozenset(accounts) for each, accounts in found.items()}


def _is_passed_on(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a request is old enough, or that no approver can decide it."""
    approver = (
        exists()
        .where(
            Membership.organisation_id == PendingDecision.organisation_id,
            Membership.account_id == Account.id,
            Account.id != PendingDecision.account_id,
            can_approve(at),
        )
        .correlate(PendingDecision)
    )
    return or_(PendingDecision.asked_at <= at - rules.ESCALATE_EVERY, ~approver)


def _asker_belongs_somewhere() -> ColumnElement[bool]:
    return (
        exists()
        .where(
            Membership.account_id == PendingDecision.account_id,
            Membership.open,
            Membership.joined_at.is_not(None),
        )
        .correlate(PendingDecision)
    )


def _belongs_somewhere(account_id: int) -> bool:
    found = db.session.scalar(
        select(Membership.id)
        .where(
            Membership.account_id == account_id, Membership.open, Membership.joined_at.is_not(None)
        )
        .limit(1)
    )
    return found is not None


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(PendingDecision.id)).where(*conditions)) or 0
