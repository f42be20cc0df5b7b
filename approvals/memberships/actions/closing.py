"""Closing a membership, with everything that hangs on it. Every cause comes through here."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.actors import Actor
from approvals.memberships import facts, queries, stand_ins
from approvals.memberships.last_approver import keep_an_approver
from approvals.memberships.models import Membership
from approvals.memberships.waiting_access import end_waiting
from approvals.organisations.models import Organisation
from identity.access_termination import end_access
from identity.accounts import invitations
from identity.accounts.models import Invitation, InvitationState

MERGED = "organisation merged"
"""The cause that ends all memberships of an organisation: its people go on in another one."""


def close_membership(
    session: Session,
    membership: Membership,
    organisation: Organisation,
    *,
    cause: str,
    at: datetime,
    actor: Actor,
) -> None:
    """Close the membership, its grants and its appointment; withdraw an open invitation.

    Access that waits for a second approver ends undecided.

    Tokens and sessions for this organisation end. With the last open membership everything of the
    person ends, sessions included; others are left as they are (docs/decisions/0023).
    """
    if cause != MERGED:
        keep_an_approver(organisation.id, membership.account_id)
    membership.valid_to = at
    membership.ended_cause = cause
    membership.ended_by = actor.identifier
    for appointment in membership.appointments:
        appointment.valid_to = appointment.valid_to or at
    stand_ins.end_spell(membership, at=at, ended_by=actor)
    end_waiting(organisation, membership, actor)
    facts.close_grants(membership.grants, cause=cause, at=at)
    session.flush()
    if membership.invitation_id is not None:
        invitation = session.get_one(Invitation, membership.invitation_id, populate_existing=True)
        if invitation.state == InvitationState.OPEN:
            invitations.withdraw(invitation)
    if membership.account_id is None:
        return
    if queries.belongs_somewhere(membership.account_id):
        end_access(membership.account_id, cause=cause, organisation=organisation.public_id)
    else:
        end_access(membership.account_id, cause=cause)
