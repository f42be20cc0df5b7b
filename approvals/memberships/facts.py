"""Facts for the rules about memberships, read under the lock of their organisation.

Changes of an organisation's members first lock its row, so that two of them are judged one after
the other: two approvers who stop each other leave one.

A transaction that locks several rows takes them in one order, because PostgreSQL ends one of two
transactions that wait for each other: invitations, then operators, then organisations, then
accounts, and rows of each table by their keys.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from app.actors import Actor
from app.database import db
from app.database.dated_rows import has_begun, has_ended
from approvals.memberships import catalogue, queries, rules
from approvals.memberships.access_changes import HeldGroup
from approvals.memberships.deciders import Deciders
from approvals.memberships.models import Grant, Membership
from approvals.operators import actions
from approvals.organisations.models import Organisation
from approvals.organisations.parents import parents_of
from identity.accounts.invitations import lock_invitations
from identity.accounts.models import Account, Invitation
from identity.email_address import EmailAddress

WITH_EVERYTHING = (selectinload(Membership.appointments), selectinload(Membership.grants))
"""Loader options: a membership with all that hangs on it, in a constant number of queries."""


def lock_organisation(session: Session, organisation_id: int) -> Organisation:
    """Lock the organisation until the transaction ends. References to it can still be added."""
    return session.scalars(
        select(Organisation)
        .where(Organisation.id == organisation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_membership(session: Session, membership: Membership, *others: Membership) -> Membership:
    """Lock the organisation, and return the membership as it is now with all its rows.

    others: further members of the organisation whom the same transaction changes.
    """
    identifier, organisation_id = membership.id, membership.organisation_id
    invitations = {each.invitation_id for each in (membership, *others)}
    lock_invitations(Invitation.id.in_(invitations - {None}))
    lock_organisation(session, organisation_id)
    return session.scalars(
        select(Membership)
        .where(Membership.id == identifier)
        .options(*WITH_EVERYTHING)
        .execution_options(populate_existing=True)
    ).one()


def active_approvers(organisation_id: int) -> rules.Approvers:
    """Return the approvers who can act now: joined, not suspended, appointed or standing in."""
    appointed = queries.appointed_by_account(organisation_id)
    return rules.Approvers(
        accounts=frozenset(appointed),
        stand_ins=frozenset(account for account in appointed if not appointed[account]),
    )


def deciders(organisation: Organisation, at: datetime, *, stand_ins: bool = True) -> Deciders:
    """Return the people who may decide about the organisation at this moment, by level.

    Links to parent bodies are those of the moment; the people are those who can act now. Without
    `stand_ins`, those who may decide about approvers.
    """

    def accounts(body: Organisation) -> frozenset[int]:
        found = active_approvers(body.id)
        return found.accounts if stand_ins else found.accounts - found.stand_ins

    return Deciders(
        approvers=accounts(organisation),
        parents={body.id: accounts(body) for body in parents_of(organisation, at)},
        operators=frozenset(operator.id for operator in actions.active_operators()),
    )


def account_of(actor: Actor) -> Account | None:
    """Return the account of the person who acts; None for commands."""
    if actor.kind != "person":
        return None
    return person_of(actor.identifier)


def person_of(identifier: str) -> Account | None:
    """Return the account whose subject an actor's identifier is; None for a command's name."""
    return db.session.scalar(select(Account).where(Account.subject == identifier))


def account_of_member(membership: Membership) -> Account | None:
    """Return the account of a member; None before joining."""
    return db.session.get(Account, membership.account_id) if membership.account_id else None


def membership_of(account_id: int, organisation_id: int) -> Membership | None:
    """Return the person's open membership in the organisation."""
    return db.session.scalar(
        select(Membership).where(
            Membership.account_id == account_id,
            Membership.organisation_id == organisation_id,
            Membership.open,
        )
    )


def authority(
    actor: Actor, account: Account | None, approvers: rules.Approvers, *, about_approvers: bool
) -> rules.Authority:
    """Return the ground on which the actor acts here now.

    about_approvers: whether the act makes, changes or removes an approver or a stand-in.
    """
    if actor.kind in {"command", "system"}:
        return rules.Authority.COMMAND
    if account is not None and account.id in approvers.accounts:
        if about_approvers and account.id in approvers.stand_ins:
            return rules.Authority.STAND_IN
        return rules.Authority.APPROVER
    if account is not None and actions.is_operator(account.id):
        return rules.Authority.OPERATOR
    return rules.Authority.NONE


def appointing_authority(
    organisation: Organisation, actor: Actor, account: Account | None, at: datetime
) -> rules.Authority:
    """Return the ground on which the actor may appoint an approver here, parent bodies included."""
    if actor.kind in {"command", "system"}:
        return rules.Authority.COMMAND
    if account is None:
        return rules.Authority.NONE
    found = deciders(organisation, at, stand_ins=False).authority(account.id)
    if found is rules.Authority.NONE and deciders(organisation, at).authority(account.id) != found:
        return rules.Authority.STAND_IN
    return found


def open_membership(organisation_id: int, email: EmailAddress) -> Membership | None:
    """Return the open membership with this address: its own, or the person's."""
    return db.session.scalars(
        select(Membership)
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            or_(Membership.email_key == email.key, Account.email_key == email.key),
        )
        .limit(1)
    ).first()


def is_free(organisation_id: int, email: EmailAddress, but: Membership) -> bool:
    """Return whether no other open membership of the organisation is at this address."""
    other = db.session.scalar(
        select(Membership.id).where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            Membership.email_key == email.key,
            Membership.id != but.id,
        )
    )
    return other is None


def offered_groups(organisation: Organisation, at: datetime) -> dict[str, frozenset[str]]:
    """Return codes of the user groups that the organisation may hold, by service."""
    return {
        offer.code: frozenset(group.code for group in offer.groups)
        for offer in catalogue.Catalogue(at).offers(organisation)
    }


def services_with_several_groups(organisation: Organisation, at: datetime) -> frozenset[str]:
    """Return the services whose file lets a person hold several user groups."""
    return frozenset(
        offer.code for offer in catalogue.Catalogue(at).offers(organisation) if offer.allows_several
    )


def groups_ended_with(membership: Membership, at: datetime) -> tuple[Grant, ...]:
    """Return the grants that the end of the membership closed and that would count after `at`."""
    return tuple(
        grant
        for grant in membership.grants
        if membership.valid_to is not None
        and grant.ended_cause == membership.ended_cause
        and has_ended(membership.valid_to, at)
        and grant.valid_to is not None
        and grant.valid_to >= membership.valid_to
        and not has_ended(grant.planned_to, at)
    )


def has_later_membership(membership: Membership, email: EmailAddress) -> bool:
    """Return whether the person belonged, or was invited, to the organisation again afterwards."""
    found = db.session.scalar(
        select(Membership.id)
        .where(
            Membership.organisation_id == membership.organisation_id,
            Membership.id > membership.id,
            or_(
                Membership.account_id == membership.account_id,
                Membership.email_key.in_([email.key, membership.email_key]),
            ),
        )
        .limit(1)
    )
    return found is not None


def held_groups(membership: Membership, at: datetime) -> tuple[HeldGroup, ...]:
    """Return what the person holds now or will hold."""
    return tuple(
        HeldGroup(
            grant.id,
            grant.service,
            grant.user_group,
            grant.valid_to,
            starts_at=None if has_begun(grant.valid_from, at) else grant.valid_from,
        )
        for grant in membership.grants
        if grant.ends_after(at)
    )


def subject_of(membership: Membership) -> str | None:
    """Return the person's subject; None before joining."""
    if membership.account_id is None:
        return None
    return db.session.get_one(Account, membership.account_id).subject


def close_grants(grants: list[Grant], *, cause: str, at: datetime) -> None:
    """End the grants that run or lie ahead; ended ones keep their end."""
    for grant in grants:
        if grant.ends_after(at):
            grant.planned_to = grant.valid_to
            grant.valid_to = max(at, grant.valid_from)
            grant.ended_cause = cause
