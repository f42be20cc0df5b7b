"""Giving what a person asked for: the membership where they have none, and the user groups."""

from __future__ import annotations

from sqlalchemy import select

from app.actors import Actor
from app.audit import record
from app.clock import now, today
from app.database import db
from app.refusal import RefusalError
from approvals.memberships import facts, rules
from approvals.memberships.actions.change_user_group import change_user_group
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.memberships.sensitive_rules import a_year_after
from approvals.memberships.waiting_access import waiting_access
from approvals.organisations.models import Organisation
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState


def lock_for_request(organisation: Organisation, account: Account) -> None:
    """Lock what `give_on_request` changes, in the order of all other changes.

    Must run inside `writing()`, before the account is locked.
    """
    session = db.session()
    membership = _open_membership(organisation, account)
    if membership is not None:
        facts.lock_membership(session, membership)
    else:
        facts.lock_organisation(session, organisation.id)


def give_on_request(
    organisation: Organisation,
    account: Account,
    *,
    service: str,
    user_group: str,
    actor: Actor,
) -> bool:
    """Give the person the user group, and a membership if they have none.

    False where the user group waits for a second approver. Access to pupil names of all schools
    ends after 12 months.
    The caller judged the actor's authority, and mails the person. Must run inside `writing()`,
    after `lock_for_request`. Raises RefusalError.
    """
    membership = _membership(organisation, account, actor)
    held = [
        grant.user_group
        for grant in facts.held_groups(membership, now())
        if grant.service == service
    ]
    if user_group in held:
        return True
    group = Catalogue(now()).group(service, user_group)
    ends = group is not None and group.names_everywhere
    several = service in facts.services_with_several_groups(organisation, now())
    change_user_group(
        membership,
        service=service,
        user_groups=[*held, user_group] if several else [user_group],
        last_day=a_year_after(today()) if ends else None,
        actor=actor,
        on_request=True,
    )
    waiting = waiting_access(organisation, membership)
    return all(each.service != service for each in waiting)


def _open_membership(organisation: Organisation, account: Account) -> Membership | None:
    """Return the person's own membership, else the one to which their address is invited."""
    own = db.session.scalar(
        select(Membership)
        .where(
            Membership.organisation_id == organisation.id,
            Membership.account_id == account.id,
            Membership.open,
        )
        .options(*facts.WITH_EVERYTHING)
    )
    return own or facts.open_membership(organisation.id, account.address)


def _membership(organisation: Organisation, account: Account, actor: Actor) -> Membership:
    """Return the person's membership. An open invitation to it counts as accepted."""
    session = db.session()
    at = now()
    membership = _open_membership(organisation, account)
    if membership is not None and membership.joined_at is not None:
        if membership.account_id != account.id:
            raise RefusalError(rules.ALREADY_MEMBER)
        return membership
    if membership is None:
        membership = Membership(
            organisation_id=organisation.id,
            email=account.email,
            email_key=account.email_key,
            given_name=account.given_name,
            family_name=account.family_name,
            valid_from=at,
        )
        membership.appointments, membership.grants = [], []
        session.add(membership)
    invitation = session.get(Invitation, membership.invitation_id or 0, populate_existing=True)
    if invitation is not None and invitation.state == InvitationState.OPEN:
        invitations.withdraw(invitation)
    membership.account_id = account.id
    membership.joined_at = at
    membership.describe(
        email=account.address, given_name=account.given_name, family_name=account.family_name
    )
    session.flush()
    record(
        "membership.admitted",
        actor=actor,
        organisation=organisation.public_id,
        subject=account.subject,
        membership=membership.public_id,
        person=account.name,
    )
    return membership
