"""Invitations that are still open: sent again, to another address, or withdrawn."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import writing
from app.refusal import Refusal, RefusalError
from approvals.memberships import facts, rules
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts import invitations
from identity.accounts.invitation_limits import TooManyInvitations, next_invitation_at
from identity.accounts.models import Invitation
from identity.email_address import clean_email, email_key


def resend_invitation(membership: Membership, *, actor: Actor) -> Membership:
    """Send a new link, valid for the full time; the old one ends. Raises RefusalError."""
    with writing() as session:
        membership, organisation, invitation = _open_invitation(session, membership, actor)
        with refusing_too_many():
            invitations.resend(invitation)
        _record("membership.invitation_resent", organisation, membership, actor)
    return membership


def correct_invitation(membership: Membership, *, email: str, actor: Actor) -> Membership:
    """Send the invitation to another address; the link at the old one ends.

    Raises RefusalError, and ValueError with a sentence for what is no address.
    """
    address = clean_email(email)
    with writing() as session:
        membership, organisation, invitation = _open_invitation(session, membership, actor)
        other = facts.open_membership(organisation.id, email_key(address))
        if other is not None and other.id != membership.id:
            joined = other.joined_at is not None
            raise RefusalError(rules.ALREADY_MEMBER if joined else rules.ALREADY_INVITED)
        before = membership.email
        with refusing_too_many():
            invitations.correct(invitation, address)
        membership.describe(
            email=address, given_name=membership.given_name, family_name=membership.family_name
        )
        session.flush()
        _record(
            "membership.invitation_corrected",
            organisation,
            membership,
            actor,
            before={"email": before},
            after={"email": address},
        )
    return membership


def withdraw_invitation(membership: Membership, *, actor: Actor) -> Membership:
    """Withdraw the invitation and close the membership. Raises RefusalError."""
    with writing() as session:
        membership, organisation, _ = _open_invitation(session, membership, actor)
        close_membership(session, membership, organisation, cause="invitation withdrawn", at=now())
        _record("membership.invitation_withdrawn", organisation, membership, actor)
    return membership


def limit_on(organisation: Organisation, key: str) -> str | None:
    """Return when the next invitation may go to this address, or None for at once."""
    next_at = next_invitation_at(organisation.public_id, key)
    return str(TooManyInvitations(next_at)) if next_at is not None else None


@contextmanager
def refusing_too_many() -> Iterator[None]:
    """Turn the limit on invitation mails into a refusal, with the time of the next one."""
    try:
        yield
    except TooManyInvitations as error:
        raise RefusalError(Refusal(rules.TOO_MANY_INVITATIONS, str(error))) from error


def _open_invitation(
    session: Session, membership: Membership, actor: Actor
) -> tuple[Membership, Organisation, Invitation]:
    membership = facts.lock_membership(session, membership)
    organisation = session.get_one(Organisation, membership.organisation_id)
    authority = facts.authority(
        actor, facts.account_of(actor), facts.active_approvers(organisation.id)
    )
    refusal = rules.may_act(authority)
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
