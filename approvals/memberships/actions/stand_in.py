"""Naming a member as a stand-in for the approvers, and ending it before its last day."""

from __future__ import annotations

from datetime import date

from app.actors import Actor
from app.audit import record
from app.clock import day_of, end_of_day, now, start_of_day
from app.database import writing
from app.days import in_words
from app.refusal import RefusalError
from approvals.memberships import facts, stand_in_mails, stand_in_rules, stand_ins
from approvals.memberships.last_approver import keep_an_approver
from approvals.memberships.models import Membership, StandIn
from approvals.memberships.recent_changes import refuse_change
from approvals.organisations.models import Organisation
from identity.accounts.models import Account


def name_stand_in(
    membership: Membership, *, first_day: date | None, last_day: date | None, actor: Actor
) -> Membership:
    """Let the person act as an approver from the first to the last day. Raises RefusalError."""
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        account = session.get(Account, membership.account_id) if membership.account_id else None
        giver, at = facts.account_of(actor), now()
        approvers = facts.active_approvers(organisation.id)
        refusal = stand_in_rules.may_name(
            facts.authority(actor, giver, approvers, about_approvers=True),
            open_=membership.open,
            joined=membership.joined_at is not None,
            oneself=giver is not None and giver.id == membership.account_id,
            approver=membership.is_approver,
            suspended=membership.suspended_at is not None
            or (account is not None and account.suspended),
            stands_in=stand_ins.current_spell(membership, at) is not None,
        )
        refusal = refusal or stand_in_rules.may_stand_in(first_day, last_day, day_of(at))
        refusal = refusal or refuse_change(membership, at)
        if refusal is not None or first_day is None or last_day is None:
            raise RefusalError(refusal or stand_in_rules.NO_LAST_DAY)
        session.add(
            StandIn(
                membership_id=membership.id,
                valid_from=max(at, start_of_day(first_day)),
                valid_to=end_of_day(last_day),
                named_by=actor.identifier,
            )
        )
        session.flush()
        days = {"first_day": in_words(first_day), "last_day": in_words(last_day)}
        _record("approver.stand_in_named", organisation, membership, actor, **days)
        stand_in_mails.named(organisation, membership, actor, days)
    return membership


def end_stand_in(membership: Membership, *, actor: Actor) -> Membership:
    """End the person's time as a stand-in now, or before it began. Raises RefusalError.

    Of several calls one has an effect.
    """
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        acting, at = facts.account_of(actor), now()
        approvers = facts.active_approvers(organisation.id)
        refusal = stand_in_rules.may_end(
            facts.authority(actor, acting, approvers, about_approvers=True),
            oneself=acting is not None and acting.id == membership.account_id,
            stands_in=stand_ins.current_spell(membership, at) is not None,
        )
        if refusal is not None:
            raise RefusalError(refusal)
        keep_an_approver(organisation.id, membership.account_id)
        stand_ins.end_spell(membership, at=at, ended_by=actor)
        _record("approver.stand_in_ended", organisation, membership, actor)
        stand_in_mails.ended(organisation, membership, actor)
    return membership


def _record(
    event: str, organisation: Organisation, membership: Membership, actor: Actor, **fields: str
) -> None:
    record(
        event,
        actor=actor,
        organisation=organisation.public_id,
        subject=facts.subject_of(membership),
        membership=membership.public_id,
        person=membership.name,
        before=None,
        after=None,
        **fields,
    )
