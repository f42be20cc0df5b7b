"""Reads for the pages about a person of an organisation.

Each page is a value, whose fields its template shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnExpressionArgument, select

from app.database import db
from approvals.activity import queries as activity
from approvals.activity.queries import ActivityEntry
from approvals.memberships import dormancy, facts, queries, rules, suspension
from approvals.memberships.access_changes import HeldGroup
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.models import Grant, Membership, MembershipSuspension
from approvals.memberships.sign_in_link import connection_of, sign_ins_of
from approvals.memberships.waiting_access import WaitingAccess, waiting_access
from approvals.organisations.models import Organisation
from approvals.remits.in_words import ScopeSchools, schools_of_scopes
from approvals.remits.remit import Scope
from approvals.second_step_resets.queries import second_step_reset
from identity.accounts import invitations
from identity.accounts.lapsing import lapses_at
from identity.accounts.models import Account, Invitation
from identity.accounts.person import Person
from identity.accounts.undelivered import FailedMail, failed_mails
from identity.credentials.registry import has_second_step
from identity.email_changes.models import EmailChange
from identity.email_changes.queries import last_begun_by_approver, open_change
from identity.own_account.undelivered import failed_mail_of_change
from identity.ports import SecondStepReset

LATEST = 10
"""Events on the page of a person."""


@dataclass(frozen=True)
class UserPage:
    """A person of the organisation, as an approver sees them.

    invitation: the open one. expired: whether it has run out. lapses_at: when it ends unless it is
    sent again. failed_mail: why it did not arrive,
    where it did not. failed_change_mail: why the mail of the change of address did not. grants: by
    their id. schools: that the held groups open, by their scope. names: of those who gave or
    suspended something, by subject. suspensions: those that last. sole: whether no other person can
    approve. may_change: whether the approver may give this person more. address_change: one that an
    approver of the organisation began, and that waits for the person. address_begun_at: when an
    approver of any organisation last began one. linkable_sign_in: name of the organisation's own
    sign-in that the person has not linked. linked_sign_ins: names of those that they have linked.
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
    lapses_at: datetime | None
    failed_mail: FailedMail | None
    failed_change_mail: FailedMail | None
    services: Sequence[ServiceOffer]
    held_groups: Sequence[HeldGroup]
    schools: Mapping[Scope, ScopeSchools]
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
    account = facts.account_of_member(person)
    invitation = invitations.by_id(person.invitation_id) if person.joined_at is None else None
    approvers = facts.active_approvers(organisation.id)
    last_use = dormancy.last_use_here(person, organisation)
    services, suspensions = Catalogue(at), suspension.open_suspensions(person)
    held = facts.held_groups(person, at)
    known = (services.group(each.service, each.user_group) for each in held)
    groups = [group for group in known if group is not None]
    refusal = rules.may_give_to(
        giver=approver.id, receiver=person.account_id, gains=True, approvers=approvers
    )
    change = _address_change(organisation, account, at)
    return UserPage(
        account=account,
        linkable_sign_in=connection_of(person, organisation),
        linked_sign_ins=sign_ins_of(person, organisation),
        address_change=change,
        address_begun_at=last_begun_by_approver(account.id) if account else None,
        last_use=last_use,
        second_step=account is not None and has_second_step(account.id),
        invitation=invitation,
        expired=invitation is not None and invitation.has_expired(at),
        lapses_at=lapses_at(invitation) if invitation is not None else None,
        failed_mail=failed_mails([invitation.id]).get(invitation.id) if invitation else None,
        failed_change_mail=failed_mail_of_change(change) if change is not None else None,
        services=services.offers(organisation),
        held_groups=held,
        schools=schools_of_scopes(organisation, [group.schools for group in groups], at),
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
        sole=approvers.last(person.account_id),
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
