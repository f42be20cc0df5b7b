"""Reads for the pages about a person of an organisation.

Each page is a value, whose fields its template shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnExpressionArgument, select

from app.database import db
from app.web.pagination import Page
from approvals.access_model.definition import UserGroup
from approvals.activity import queries as activity
from approvals.activity.queries import ActivityEntry
from approvals.memberships import dormancy, facts, journeys, queries, rules, suspension, wording
from approvals.memberships.access_changes import HeldGroup
from approvals.memberships.actions.undo_removal import (
    AS_APPROVER,
    ended_as_approver,
    returning_grants,
)
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.comparison import AccessDifference, compare
from approvals.memberships.journeys import AdditionAnswers
from approvals.memberships.models import Grant, Journey, Membership, MembershipSuspension
from approvals.memberships.queries import FormerRow
from approvals.memberships.sign_in_link import connection_of, sign_ins_of
from approvals.memberships.similar_people import SimilarityWarning, find_similar
from approvals.memberships.waiting_access import WaitingAccess, waiting_access
from approvals.organisations.models import Organisation
from approvals.second_step_resets.queries import second_step_reset
from identity.accounts.models import Account, Invitation
from identity.accounts.person import Person, full_name
from identity.credentials.registry import has_second_step
from identity.email_address import EmailAddress
from identity.email_changes.models import EmailChange
from identity.email_changes.queries import last_begun_by_approver, open_change
from identity.ports import SecondStepReset

LATEST = 10
"""Events on the page of a person."""


@dataclass(frozen=True)
class UserPage:
    """A person of the organisation, as an approver sees them.

    invitation: the open one. expired: whether it has run out. grants: by their id. names: of those
    who gave or suspended something, by subject. suspensions: those that last. sole: whether no
    other person can approve. may_change: whether the approver may give this person more.
    address_change: one that an approver of the organisation began, and that waits for the person.
    address_begun_at: when an approver of any organisation last began one. linkable_sign_in: name of
    the organisation's own sign-in that the person has not linked. linked_sign_ins: names of those
    that they have linked.
    """

    account: Account | None
    linkable_sign_in: str | None
    linked_sign_ins: Sequence[str]
    address_change: EmailChange | None
    address_begun_at: datetime | None
    last_use: datetime | None
    second_step: bool
    invitation: Invitation | None
    expired: bool
    services: Sequence[ServiceOffer]
    held_groups: Sequence[HeldGroup]
    waiting: Sequence[WaitingAccess]
    catalogue: Catalogue
    grants: Mapping[int, Grant]
    names: Mapping[str, str]
    approver: bool
    sole: bool
    may_change: bool
    events: Sequence[ActivityEntry]
    reset: SecondStepReset | None
    suspensions: Sequence[MembershipSuspension]


@dataclass(frozen=True)
class FormerPage:
    """A person who left. present_membership: the open one of a person who belongs here again.

    ended_by: name of the person who ended the membership. may_undo: whether the removal can still
    be undone.
    """

    present_membership: Membership | None
    ended_by: str | None
    may_undo: bool
    events: Sequence[ActivityEntry]


@dataclass(frozen=True)
class FormerList:
    """A page of people who left. names: of those who ended a membership, by subject."""

    page: Page[FormerRow]
    names: Mapping[str, str]


@dataclass(frozen=True)
class UndoneRemoval:
    """The effect of undoing a removal: what returns, and what today's rules leave out."""

    groups: Sequence[str]
    left_out: Sequence[str]
    approver: bool


@dataclass(frozen=True)
class AccessCheck:
    """A change of the user groups of one service, to be checked.

    present_groups: those of today, which end on present_end. groups: those that were chosen, from
    first_day until last_day.
    """

    present_groups: Sequence[UserGroup]
    present_end: str | None
    groups: Sequence[UserGroup]
    first_day: date | None
    last_day: date | None
    differences: Sequence[AccessDifference]


@dataclass(frozen=True)
class AdditionCheck:
    """Answers of the journey that adds a person. chosen_groups: by service."""

    answers: AdditionAnswers
    chosen_groups: Sequence[tuple[ServiceOffer, list[UserGroup]]]
    first_day: date | None
    last_day: date | None
    doubt: SimilarityWarning


@dataclass(frozen=True)
class Addition:
    """A person who was added. request_id: reference of the request that did it.

    waiting: access for which a second approver is asked.
    """

    person: Membership
    waiting: Sequence[WaitingAccess]
    invitation: Invitation | None
    request_id: str

    @property
    def waits(self) -> bool:
        """Whether the person has neither joined nor left meanwhile."""
        return self.person.open and self.person.joined_at is None


@dataclass(frozen=True)
class Consequences:
    """Rights that end with a membership. services: their names. last: no other approver is left."""

    services: Sequence[str]
    approver: bool
    last: bool


@dataclass(frozen=True)
class Removal:
    """A removal that was made: names of the services that ended with it, and its reference."""

    services: Sequence[str]
    request_id: str


def open_member(organisation: Organisation, public_id: str) -> Membership | None:
    """Return the person's open membership in this organisation."""
    return _membership(organisation, public_id, Membership.open)


def ended_member(organisation: Organisation, public_id: str) -> Membership | None:
    """Return the closed membership of a person who no longer belongs to this organisation."""
    return _membership(organisation, public_id, Membership.valid_to.is_not(None))


def user_page(
    organisation: Organisation, person: Membership, approver: Person, at: datetime
) -> UserPage:
    """Return the page of a person of the organisation, for `approver`."""
    account = _account_of(person)
    invitation = _invitation_of(person) if person.joined_at is None else None
    approvers = facts.active_approvers(organisation.id)
    last_use = dormancy.last_use_here(person, organisation)
    services, suspensions = Catalogue(at), suspension.open_suspensions(person)
    refusal = rules.may_give_to(
        giver=approver.id, receiver=person.account_id, gains=True, approvers=approvers
    )
    return UserPage(
        account=account,
        linkable_sign_in=connection_of(person, organisation),
        linked_sign_ins=sign_ins_of(person, organisation),
        address_change=_address_change(organisation, account, at),
        address_begun_at=last_begun_by_approver(account.id) if account else None,
        last_use=last_use,
        second_step=account is not None and has_second_step(account.id),
        invitation=invitation,
        expired=invitation is not None and invitation.has_expired(at),
        services=services.offers(organisation),
        held_groups=facts.held_groups(person, at),
        waiting=waiting_access(organisation, person),
        catalogue=services,
        grants={grant.id: grant for grant in person.grants},
        names=queries.names_of(
            [
                *(grant.given_by for grant in person.grants),
                *(row.suspended_by or "" for row in suspensions),
            ]
        ),
        approver=person.is_approver,
        sole=approvers.sole(person.account_id),
        may_change=refusal is None,
        events=activity.activity_about_person(organisation, person, account, at, limit=LATEST),
        reset=second_step_reset(account) if account is not None else None,
        suspensions=suspensions,
    )


def _address_change(
    organisation: Organisation, account: Account | None, at: datetime
) -> EmailChange | None:
    change = open_change(account.id, at) if account is not None else None
    return change if change and change.organisation == organisation.public_id else None


def former_page(organisation: Organisation, person: Membership, at: datetime) -> FormerPage:
    """Return the page of a person who no longer belongs to the organisation."""
    account = _account_of(person)
    address = account.address if account else person.address
    may_undo = _may_undo(person, address, at)
    return FormerPage(
        present_membership=facts.open_membership(organisation.id, address),
        ended_by=queries.names_of([person.ended_by or ""]).get(person.ended_by or ""),
        may_undo=may_undo,
        events=activity.activity_about_person(organisation, person, account, at, limit=LATEST),
    )


def former_list(organisation: Organisation, *, page: int) -> FormerList:
    """Return a page of the people who left the organisation, the latest first."""
    found = queries.former_people(organisation.id, page=page)
    names = queries.names_of(row.membership.ended_by or "" for row in found.rows)
    return FormerList(found, names)


def undone_removal(
    organisation: Organisation, person: Membership, at: datetime
) -> UndoneRemoval | None:
    """Return the effect of undoing the removal now, or None where it cannot be undone."""
    account = _account_of(person)
    if account is None or not _may_undo(person, account.address, at):
        return None
    returning, left_out = returning_grants(person, organisation, at)
    services = Catalogue(at)
    was_approver = ended_as_approver(person)
    if was_approver and account.suspended:
        left_out.append(AS_APPROVER)
    return UndoneRemoval(
        groups=[
            f"{services.group_name(grant.service, grant.user_group)} of "
            f"{services.service_name(grant.service)}"
            for grant in returning
        ],
        left_out=left_out,
        approver=was_approver and not account.suspended,
    )


def _may_undo(person: Membership, address: EmailAddress, at: datetime) -> bool:
    refusal = rules.may_undo_removal(
        undo_until=person.undo_until,
        at=at,
        oneself=False,
        added_since=facts.has_later_membership(person, address),
    )
    return refusal is None


def access_check(
    journey: Journey, person: Membership, offer: ServiceOffer, at: datetime
) -> AccessCheck:
    """Return the change that the journey describes, beside the groups of today."""
    held = [
        grant
        for grant in facts.held_groups(person, at)
        if grant.service == offer.code and grant.starts_at is None
    ]
    services = Catalogue(at)
    present = [
        group
        for grant in held
        if (group := services.group(offer.code, grant.user_group)) is not None
    ]
    groups = [
        group for group in offer.groups if group.code in journeys.change_of(journey)["groups"]
    ]
    return AccessCheck(
        present_groups=present,
        present_end=wording.last_day(held[0].valid_to) if held else None,
        groups=groups,
        first_day=journeys.first_day(journey),
        last_day=journeys.last_day(journey),
        differences=compare(present, groups),
    )


def addition_check(organisation: Organisation, journey: Journey, at: datetime) -> AdditionCheck:
    """Return the answers of the journey, and people of the organisation whom they may mean."""
    answers = journeys.addition_of(journey)
    access = answers.get("access", {})
    return AdditionCheck(
        answers=answers,
        chosen_groups=[
            (offer, [group for group in offer.groups if group.code in access.get(offer.code, [])])
            for offer in Catalogue(at).offers(organisation)
        ],
        first_day=journeys.first_day(journey),
        last_day=journeys.last_day(journey),
        doubt=find_similar(
            organisation.id,
            email=journeys.email(journey),
            name=full_name(answers["given_name"], answers["family_name"]),
        ),
    )


def addition(organisation: Organisation, journey: Journey) -> Addition | None:
    """Return the person whom the finished journey added, or None."""
    person = db.session.get(Membership, journey.membership_id)
    if person is None:
        return None
    return Addition(
        person=person,
        waiting=waiting_access(organisation, person),
        invitation=_invitation_of(person),
        request_id=activity.request_of(organisation, person, "membership.added"),
    )


def consequences(organisation: Organisation, person: Membership, at: datetime) -> Consequences:
    """Return the rights that would end with the membership."""
    codes = dict.fromkeys(held.service for held in facts.held_groups(person, at))
    return Consequences(
        services=_names(codes, at),
        approver=person.is_approver,
        last=facts.active_approvers(organisation.id).sole(person.account_id),
    )


def removal(organisation: Organisation, person: Membership, at: datetime) -> Removal:
    """Return the rights that ended with the membership of a person who was removed."""
    codes = dict.fromkeys(
        grant.service for grant in person.grants if grant.valid_to == person.valid_to
    )
    return Removal(
        services=_names(codes, at),
        request_id=activity.request_of(organisation, person, "membership.removed"),
    )


def _names(codes: Mapping[str, None], at: datetime) -> list[str]:
    services = Catalogue(at)
    return [services.service_name(code) for code in codes]


def _account_of(person: Membership) -> Account | None:
    return db.session.get(Account, person.account_id) if person.account_id else None


def _invitation_of(person: Membership) -> Invitation | None:
    return db.session.get(Invitation, person.invitation_id) if person.invitation_id else None


def _membership(
    organisation: Organisation, public_id: str, condition: ColumnExpressionArgument[bool]
) -> Membership | None:
    return db.session.scalar(
        select(Membership)
        .where(
            Membership.public_id == public_id,
            Membership.organisation_id == organisation.id,
            condition,
        )
        .options(*facts.WITH_EVERYTHING)
    )
