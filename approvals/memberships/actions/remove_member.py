"""Ending a membership: an approver removes somebody, or a person leaves."""

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import writing
from app.refusal import RefusalError
from approvals.memberships import facts, mails, rules, stand_ins, wording
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation


def remove_member(membership: Membership, *, actor: Actor) -> Membership:
    """End the person's membership and, at once, the access that it gave.

    For `UNDO_WITHIN` an approver can undo it (`undo_removal`). An invitation that was not accepted
    is withdrawn. Raises RefusalError; a second call is
    refused with `not_open`.
    """
    return _end(membership, actor=actor, leaving=False)


def leave(membership: Membership, *, actor: Actor) -> Membership:
    """End one's own membership. Raises RefusalError."""
    return _end(membership, actor=actor, leaving=True)


def _end(membership: Membership, *, actor: Actor, leaving: bool) -> Membership:
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        approvers = facts.active_approvers(organisation.id)
        account = facts.account_of(actor)
        oneself = account is not None and account.id == membership.account_id
        refusal = rules.may_act(
            facts.authority(
                actor,
                account,
                approvers,
                about_approvers=stand_ins.is_matter_of_approvers(membership, now()),
            ),
            oneself=leaving and oneself,
        ) or rules.may_remove(
            open_=membership.open, account_id=membership.account_id, approvers=approvers
        )
        if refusal is not None:
            raise RefusalError(refusal)
        at = now()
        joined = membership.joined_at is not None
        before = {
            "access": wording.access_codes(facts.held_groups(membership, at)),
            "approver": membership.is_approver,
        }
        subject = facts.subject_of(membership)
        cause = "left" if oneself else "removed" if joined else "invitation withdrawn"
        close_membership(session, membership, organisation, cause=cause, at=at, actor=actor)
        if cause == "removed":
            membership.undo_until = at + rules.UNDO_WITHIN
        record(
            {"left": "membership.left", "removed": "membership.removed"}.get(
                cause, "membership.invitation_withdrawn"
            ),
            actor=actor,
            organisation=organisation.public_id,
            subject=subject,
            before=before,
            membership=membership.public_id,
            person=membership.name,
        )
        if joined:
            mails.membership_removed(organisation, membership, actor, left=oneself)
    return membership
