"""Suspending the access of a person in an organisation, and restoring it."""

from app.actors import Actor
from app.clock import now
from app.database import writing
from app.refusal import RefusalError
from app.typed_text import LONGEST_REASON, clean_text
from approvals.memberships import facts, mails, queries, rules, stand_ins, suspension
from approvals.memberships.models import Membership, SuspensionKind
from approvals.memberships.recent_changes import refuse_change
from approvals.organisations.models import Organisation
from identity.access_termination import end_access


def suspend_member(membership: Membership, *, reason: str, actor: Actor) -> Membership:
    """Suspend the person's membership and end, at once, what it gave.

    The session ends too where the person has access through no other organisation. Raises
    RefusalError; a second call is refused with `already_suspended`.
    """
    reason = clean_text(reason, "The reason", LONGEST_REASON)
    if not reason:
        raise RefusalError.of("reason_missing", "Enter the reason.")
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        approvers = facts.active_approvers(organisation.id)
        account = facts.account_of(actor)
        refusal = rules.may_act(
            facts.authority(
                actor,
                account,
                approvers,
                about_approvers=stand_ins.is_matter_of_approvers(membership, now()),
            )
        ) or rules.may_suspend(
            open_=membership.open,
            joined=membership.joined_at is not None,
            oneself=account is not None and account.id == membership.account_id,
            account_id=membership.account_id,
            approvers=approvers,
        )
        if refusal is not None:
            raise RefusalError(refusal)
        if not suspension.begin(
            membership,
            SuspensionKind.APPROVER,
            "an approver suspended it.",
            at=now(),
            suspended_by=actor,
            reason=reason,
        ):
            raise RefusalError(rules.ALREADY_SUSPENDED)
        if membership.account_id is not None and not queries.has_access_somewhere(
            membership.account_id
        ):
            end_access(membership.account_id, cause=suspension.CAUSE)
        suspension.record_change(
            "membership.suspended_by_approver",
            membership,
            organisation,
            actor=actor,
            reason=reason,
        )
        mails.membership_suspended(organisation, membership, actor, reason)
    return membership


def restore_member(membership: Membership, *, actor: Actor) -> Membership:
    """Restore the access that was suspended, for whatever cause but a reset of the second step.

    A reset has to be agreed to (`second_step_resets`). Sessions and tokens that ended stay ended.
    Raises RefusalError; a second call is refused with `not_suspended`.
    """
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        account = facts.account_of(actor)
        refusal = rules.may_act(
            facts.authority(
                actor,
                account,
                facts.active_approvers(organisation.id),
                about_approvers=stand_ins.is_matter_of_approvers(membership, now()),
            )
        ) or rules.may_restore(
            open_=membership.open,
            oneself=account is not None and account.id == membership.account_id,
        )
        refusal = refusal or refuse_change(membership, now())
        if refusal is not None:
            raise RefusalError(refusal)
        if not suspension.end(membership, suspension.RESTORABLE, at=now(), ended_by=actor):
            raise RefusalError(rules.NOT_SUSPENDED)
        suspension.record_change("membership.reopened", membership, organisation, actor=actor)
        mails.membership_restored(organisation, membership, actor)
    return membership
