"""Reads for the pages that check a change before it is made and confirm it afterwards.

Each page is a value, whose fields its template shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.database import db
from approvals.access_model.definition import UserGroup
from approvals.activity import queries as activity
from approvals.memberships import facts, journeys, wording
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.comparison import AccessDifference, compare
from approvals.memberships.journeys import AdditionAnswers
from approvals.memberships.models import Journey, Membership
from approvals.memberships.similar_people import SimilarityWarning, find_similar
from approvals.memberships.waiting_access import WaitingAccess, waiting_access
from approvals.organisations.models import Organisation
from identity.accounts import invitations
from identity.accounts.models import Invitation
from identity.accounts.person import full_name


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
        invitation=invitations.by_id(person.invitation_id),
        request_id=activity.request_of(organisation, person, "membership.added"),
    )


def consequences(organisation: Organisation, person: Membership, at: datetime) -> Consequences:
    """Return the rights that would end with the membership."""
    codes = dict.fromkeys(held.service for held in facts.held_groups(person, at))
    return Consequences(
        services=_names(codes, at),
        approver=person.is_approver,
        last=facts.active_approvers(organisation.id).last(person.account_id),
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
