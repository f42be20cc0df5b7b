"""Offers to be an approver: made to a member by a parent body's approver, accepted or declined."""

from __future__ import annotations

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.approver_proposals import mails, rules
from approvals.approver_proposals.decisions import APPROVER_OFFER, needed_offer
from approvals.memberships import facts
from approvals.memberships.actions import make_approver
from approvals.memberships.models import Membership
from approvals.memberships.rules import Authority, may_appoint
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Agreement, Ending, agree, end
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.accounts.person import Person, actor_of
from identity.sessions.token_renewal import renew_token


def offer(organisation: Organisation, member: Membership, body: Organisation, actor: Actor) -> None:
    """Ask a member to be an approver. Must run under the organisation's lock.

    Raises RefusalError where the member cannot be one, or was asked already.
    """
    check_member(member)
    account = db.session.get_one(Account, member.account_id)
    made = APPROVER_OFFER.file(account.id, asked_by=actor, organisation_id=organisation.id)
    if made is None:
        raise RefusalError(rules.OFFERED_ALREADY)
    record_step(
        "offered", organisation, member.name, actor, subject=account.subject, body=body.name
    )
    mails.offered(organisation, account, body, actor)


def accept_offer(account: Person, organisation: Organisation, session_id: int) -> None:
    """Become an approver, as an approver of the parent body asked. Raises RefusalError.

    session_id: the session in which the person accepts. It gets another id, so that a copy of its
    cookie gains nothing (`needs_proof_of_power`).

    The parent's power is judged again: the offer of a body that is no parent any more counts no
    longer.
    """
    with writing():
        member = _lock_member(account, organisation)
        found = needed_offer(account.id, organisation.id)
        proposer = facts.person_of(found.asked_by)
        authority = Authority.NONE
        if proposer is not None:
            asker = actor_of(proposer)
            authority = facts.appointing_authority(organisation, asker, proposer, now())
        if proposer is None or authority not in {Authority.PARENT, Authority.APPROVER}:
            raise RefusalError(rules.OFFER_VOID)
        if not _close(found, account, Ending.IN_EFFECT):
            raise RefusalError(rules.TOO_LATE)
        record_step(
            "offer_accepted", organisation, member.name, actor_of(account), subject=account.subject
        )
        make_approver(member, actor=actor_of(proposer))
        renew_token(session_id)


def decline_offer(account: Person, organisation: Organisation) -> None:
    """Decline to be an approver, and notify the person who asked. Raises RefusalError."""
    with writing():
        member = _lock_member(account, organisation)
        found = needed_offer(account.id, organisation.id)
        if not _close(found, account, Ending.REFUSED):
            raise RefusalError(rules.TOO_LATE)
        record_step(
            "offer_declined", organisation, member.name, actor_of(account), subject=account.subject
        )
        proposer = facts.person_of(found.asked_by)
        if proposer is not None:
            mails.ended(organisation, member.name, proposer, actor_of(account), None)


def check_member(member: Membership | None) -> None:
    """Raise RefusalError where a member cannot be appointed; none is an invited person to be."""
    if member is None:
        return
    account = facts.account_of_member(member)
    refusal = may_appoint(
        open_=member.open,
        approver=member.is_approver,
        suspended=member.suspended_at is not None or (account is not None and account.suspended),
    )
    if refusal is not None:
        raise RefusalError(refusal)


def record_step(
    step: str,
    organisation: Organisation,
    person: str,
    actor: Actor,
    *,
    subject: str | None = None,
    **fields: str,
) -> None:
    """Record a step on the way to an approver."""
    record(
        f"approver.{step}",
        actor=actor,
        organisation=organisation.public_id,
        subject=subject,
        person=person,
        before=None,
        after=None,
        **fields,
    )


def _lock_member(account: Person, organisation: Organisation) -> Membership:
    member = facts.membership_of(account.id, organisation.id)
    if member is None:
        raise RefusalError(rules.TOO_LATE)
    return facts.lock_membership(db.session(), member)


def _close(found: PendingDecision, account: Person, ending: Ending) -> bool:
    actor = actor_of(account)
    if ending is Ending.IN_EFFECT:
        decided = agree(
            found, actor, deciders=1, takes_effect_at=now(), details=dict(found.details)
        )
        if decided is not Agreement.DECIDED:
            return False
    return end(found, ending, actor)
