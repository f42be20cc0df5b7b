"""Invitations that are still open: sent again, to another address, or withdrawn."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import writing
from app.refusal import Refusal, RefusalError
from approvals.memberships import facts, rules
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.models import Membership
from approvals.memberships.sensitive_rules import SENSITIVE_INVITATION
from approvals.memberships.waiting_access import holds_sensitive_access
from approvals.organisations.models import Organisation
from identity.accounts import invitations
from identity.accounts.models import Invitation
from identity.accounts.shared_addresses import SHARED_ADDRESS, is_shared
from identity.email_address import EmailAddress


def resend_invitation(membership: Membership, *, actor: Actor) -> Membership:
    """Send a new link, valid for the full time; the old one ends. Raises RefusalError."""
    with writing() as session:
        membership, organisation, invitation = _open_invitation(
            session, membership, actor, may=rules.may_resend
        )
        invitations.resend(invitation)
        _record("membership.invitation_resent", organisation, membership, actor)
    return membership


def correct_invitation(membership: Membership, *, email: EmailAddress, actor: Actor) -> Membership:
    """Send the invitation to another address; the link at the old one ends. Raises RefusalError."""
    with writing() as session:
        membership, organisation, invitation = _open_invitation(session, membership, actor)
        other = facts.open_membership(organisation.id, email)
        if other is not None and other.id != membership.id:
            joined = other.joined_at is not None
            raise RefusalError(rules.ALREADY_MEMBER if joined else rules.ALREADY_INVITED)
        if is_shared(email):
            raise RefusalError(SHARED_ADDRESS)
        if holds_sensitive_access(organisation, membership, now()):
            raise RefusalError(SENSITIVE_INVITATION)
        before = membership.email
        invitations.correct(invitation, email)
        membership.describe(
            email=email, given_name=membership.given_name, family_name=membership.family_name
        )
        session.flush()
        _record(
            "membership.invitation_corrected",
            organisation,
            membership,
            actor,
            before={"email": before},
            after={"email": email.text},
        )
    return membership


def withdraw_invitation(membership: Membership, *, actor: Actor) -> Membership:
    """Withdraw the invitation and close the membership. Raises RefusalError."""
    with writing() as session:
        membership, organisation, _ = _open_invitation(session, membership, actor)
        close_membership(
            session,
            membership,
            organisation,
            cause="invitation withdrawn",
            at=now(),
            actor=actor,
        )
        _record("membership.invitation_withdrawn", organisation, membership, actor)
    return membership


def _open_invitation(
    session: Session,
    membership: Membership,
    actor: Actor,
    *,
    may: Callable[[rules.Authority], Refusal | None] = rules.may_act,
) -> tuple[Membership, Organisation, Invitation]:
    membership = facts.lock_membership(session, membership)
    organisation = session.get_one(Organisation, membership.organisation_id)
    authority = facts.authority(
        actor,
        facts.account_of(actor),
        facts.active_approvers(organisation.id),
        about_approvers=membership.is_approver,
    )
    refusal = may(authority)
    invitation = (
        session.get(Invitation, membership.invitation_id, populate_existing=True)
        if membership.invitation_id
        else None
    )
    if refusal is None and (
        invitation is None or not membership.open or membership.joined_at is not None
    ):
        refusal = rules.INVITATION_CLOSED
    if refusal is not None or invitation is None:
        raise RefusalError(refusal or rules.INVITATION_CLOSED)
    return membership, organisation, invitation


def _record(
    event: str,
    organisation: Organisation,
    membership: Membership,
    actor: Actor,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    record(
        event,
        actor=actor,
        organisation=organisation.public_id,
        before=before,
        after=after,
        membership=membership.public_id,
        person=membership.name,
    )
