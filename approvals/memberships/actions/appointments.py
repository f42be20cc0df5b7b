"""Making and stopping approvers."""

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import writing
from app.refusal import RefusalError
from approvals.memberships import facts, mails, rules, stand_ins
from approvals.memberships.last_approver import keep_an_approver
from approvals.memberships.models import Appointment, Membership
from approvals.memberships.recent_changes import refuse_change
from approvals.organisations.models import Organisation


def make_approver(
    membership: Membership, *, actor: Actor, second_decider: str | None = None
) -> Membership:
    """Make the person an approver of the organisation. Raises RefusalError.

    second_decider: the operator or command that decides with an operator.
    """
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        account = facts.account_of_member(membership)
        giver = facts.account_of(actor)
        refusal = rules.may_appoint_first(
            facts.appointing_authority(organisation, actor, giver, now()),
            oneself=giver is not None and giver.id == membership.account_id,
            second_decider=second_decider not in (None, actor.identifier),
        ) or rules.may_appoint(
            open_=membership.open,
            approver=membership.is_approver,
            suspended=membership.suspended_at is not None
            or (account is not None and account.suspended),
        )
        refusal = refusal or refuse_change(membership, now())
        if refusal is not None:
            raise RefusalError(refusal)
        membership.appointments.append(Appointment(valid_from=now()))
        session.flush()
        stand_ins.end_spell(membership, at=now(), ended_by=actor)
        _record("approver.made", organisation, membership, actor)
        if membership.joined_at is not None:
            mails.made_approver(organisation, membership, actor)
        mails.new_approver(organisation, membership, actor)
    return membership


def stop_approver(membership: Membership, *, actor: Actor) -> Membership:
    """End the appointment; the person stays in the organisation. Raises RefusalError."""
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        approvers = facts.active_approvers(organisation.id)
        refusal = rules.may_act(
            facts.authority(actor, facts.account_of(actor), approvers, about_approvers=True)
        ) or rules.may_demote(
            open_=membership.open,
            approver=membership.is_approver,
            account_id=membership.account_id,
            approvers=approvers,
        )
        if refusal is not None:
            raise RefusalError(refusal)
        keep_an_approver(organisation.id, membership.account_id)
        at = now()
        for appointment in membership.appointments:
            appointment.valid_to = appointment.valid_to or at
        session.flush()
        _record("approver.stopped", organisation, membership, actor)
        if membership.joined_at is not None:
            mails.stopped_approver(organisation, membership, actor)
    return membership


def _record(event: str, organisation: Organisation, membership: Membership, actor: Actor) -> None:
    record(
        event,
        actor=actor,
        organisation=organisation.public_id,
        subject=facts.subject_of(membership),
        before={"approver": event == "approver.stopped"},
        after={"approver": event == "approver.made"},
        membership=membership.public_id,
        person=membership.name,
    )
