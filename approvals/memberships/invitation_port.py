"""Answers to the sign-in floor about invitations, for the port (identity.ports)."""

from collections.abc import Sequence

from sqlalchemy import select

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import db
from approvals.access_model.definition import join_phrases
from approvals.memberships import facts, mails, wording
from approvals.memberships.access_changes import HeldGroup
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.operators import actions
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.accounts.sent_invitation import SentInvitation
from identity.ports import InvitationDescription

PLATFORM = "Secure Access"


def describe_invitation(invitation: SentInvitation) -> InvitationDescription:
    """Describe the invitation: sender, organisation, and the access that it gives."""
    found = _of(invitation)
    if found is None:
        return InvitationDescription(
            invited_by=invitation.invited_by,
            organisation=invitation.organisation_name or PLATFORM,
            lines=[("Your part", "Operator: you look after Secure Access itself")]
            if actions.operator_of_invitation(invitation)
            else [],
            services=[],
        )
    membership, organisation = found
    at = now()
    held, services = facts.held_groups(membership, at), Catalogue(at)
    lines: list[tuple[str, str]] = [("Organisation", organisation.name)]
    for service in dict.fromkeys(grant.service for grant in held):
        lines.append((services.service_name(service), wording.describe_groups(held, service, at)))
        lines += _can_and_cannot(services, service, held)
    if membership.is_approver:
        lines.append(("Approver", "Yes: you add and remove users and choose what they can see"))
    return InvitationDescription(
        invited_by=invitation.invited_by,
        organisation=organisation.name,
        lines=lines,
        services=list(dict.fromkeys(grant.service for grant in held)),
    )


def lock_given(invitation: SentInvitation) -> None:
    """Lock what the invitation gives, in the order of `facts`. Must run inside `writing()`."""
    if actions.operator_of_invitation(invitation) is not None:
        actions.lock_active_operators()
    else:
        _lock_membership(invitation)


def record_acceptance(invitation: SentInvitation, account: Person) -> None:
    """Record that the person joined through this invitation. Must run inside `writing()`.

    A person who belongs to the organisation already, under another address, gains nothing: the
    second membership is closed.
    """
    operator = actions.operator_of_invitation(invitation)
    if operator is not None:
        actions.record_acceptance(operator, account)
        return
    found = _lock_membership(invitation)
    if found is None:
        return
    membership, organisation = found
    at = now()
    twice = db.session.scalar(
        select(Membership.id).where(
            Membership.organisation_id == organisation.id,
            Membership.account_id == account.id,
            Membership.open,
        )
    )
    if twice is not None:
        close_membership(
            db.session(), membership, organisation, cause="joined already", at=at, actor=SYSTEM
        )
    else:
        # Another open invitation may lie at the person's own address: that one keeps it.
        address = db.session.get_one(Account, account.id).address
        there = facts.open_membership(organisation.id, address)
        membership.describe(
            email=address if there in (None, membership) else membership.address,
            given_name=account.given_name,
            family_name=account.family_name,
        )
        membership.account_id = account.id
        membership.joined_at = at
    db.session.flush()
    record(
        "membership.joined_already" if twice is not None else "membership.joined",
        organisation=organisation.public_id,
        subject=account.subject,
        membership=membership.public_id,
        person=account.name,
    )


def record_decline(invitation: SentInvitation) -> None:
    """End what was to be given, and notify the approvers. Must run inside `writing()`."""
    operator = actions.operator_of_invitation(invitation)
    if operator is not None:
        actions.record_decline(operator)
        return
    found = _lock_membership(invitation)
    if found is None:
        return
    membership, organisation = found
    close_membership(
        db.session(), membership, organisation, cause="declined", at=now(), actor=SYSTEM
    )
    _record("membership.declined", membership, organisation)
    mails.mail_approvers("declined", organisation, membership)


def record_lapse(invitation: SentInvitation) -> None:
    """End what was to be given, as nobody answered. Must run inside `writing()`."""
    operator = actions.operator_of_invitation(invitation)
    if operator is not None:
        actions.record_lapse(operator)
        return
    found = _lock_membership(invitation)
    if found is None:
        return
    membership, organisation = found
    close_membership(
        db.session(), membership, organisation, cause="invitation lapsed", at=now(), actor=SYSTEM
    )
    _record("membership.invitation_lapsed", membership, organisation, actor=SYSTEM)


def record_renewal_request(invitation: SentInvitation) -> None:
    """Ask the approvers for another invitation. Must run inside `writing()`.

    The person opened an expired link.
    """
    found = _lock_membership(invitation)
    if found is None:
        return
    membership, organisation = found
    _record("membership.invitation_renewal_asked", membership, organisation)
    mails.mail_approvers("renewal_asked", organisation, membership)


def context_words(holder: Person | SentInvitation) -> Sequence[str]:
    """Return names that must not be in this person's password: organisations and services."""
    condition = (
        Membership.invitation_id == holder.id
        if isinstance(holder, SentInvitation)
        else Membership.account_id == holder.id
    )
    names = db.session.scalars(
        select(Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(condition, Membership.open)
    ).all()
    return [PLATFORM, *names, *Catalogue(now()).service_names()]


def _can_and_cannot(
    services: Catalogue, service: str, grants: Sequence[HeldGroup]
) -> list[tuple[str, str]]:
    groups = [
        group
        for grant in grants
        if grant.service == service
        and (group := services.group(service, grant.user_group)) is not None
    ]
    can, cannot = join_phrases(groups)
    lines = [("This user group can", "; ".join(can))] if can else []
    return lines + ([("This user group cannot", "; ".join(cannot))] if cannot else [])


def _of(invitation: SentInvitation) -> tuple[Membership, Organisation] | None:
    membership = db.session.scalar(
        select(Membership)
        .where(Membership.invitation_id == invitation.id, Membership.open)
        .options(*facts.WITH_EVERYTHING)
    )
    if membership is None:
        return None
    return membership, db.session.get_one(Organisation, membership.organisation_id)


def _lock_membership(invitation: SentInvitation) -> tuple[Membership, Organisation] | None:
    found = _of(invitation)
    if found is None:
        return None
    membership = facts.lock_membership(db.session(), found[0])
    return (membership, found[1]) if membership.open else None


def _record(
    event: str, membership: Membership, organisation: Organisation, *, actor: Actor | None = None
) -> None:
    record(
        event,
        actor=actor,
        organisation=organisation.public_id,
        membership=membership.public_id,
        person=membership.name,
    )
