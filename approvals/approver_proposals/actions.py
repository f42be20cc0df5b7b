"""Appointing an approver from outside: proposed, agreed to, offered, and ended.

An approver of a parent body proposes one, and the person accepts: by the invitation, or, where they
belong to the organisation already, by answering an offer. Of operators one proposes and another
agrees. Each change locks the organisation first.
"""

from __future__ import annotations

import enum

from app.actors import Actor
from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.approver_proposals import mails, rules
from approvals.approver_proposals.decisions import (
    APPROVER_PROPOSAL,
    ProposedApprover,
    open_proposal,
)
from approvals.approver_proposals.offers import check_member, offer, record_step
from approvals.memberships import facts, journeys
from approvals.memberships.actions import appoint_approver
from approvals.memberships.models import Journey, Membership
from approvals.memberships.rules import NO_AUTHORITY, Authority
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Agreement, Ending, agree, end
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account


class Outcome(enum.Enum):
    """The state of the person after the act."""

    APPOINTED = enum.auto()
    INVITED = enum.auto()
    OFFERED = enum.auto()
    """A member, who has to accept."""
    WAITS = enum.auto()
    """Another operator has to agree."""


def propose(
    organisation: Organisation,
    person: ProposedApprover,
    actor: Actor,
    *,
    body: Organisation | None = None,
    reason: str | None = None,
) -> Outcome:
    """Appoint the person, offer it to them, or put it to another operator. Raises RefusalError.

    body: the parent body as whose approver the actor acts; none for operators and commands. A
    command on the server also agrees to an operator's proposal of the same person, with a reason.
    """
    with writing():
        member = _lock(organisation, person)
        found = _facts(organisation, person, actor, body, reason)
        waiting = open_proposal(organisation.id)
        same = waiting is not None and _names(waiting, person)
        if waiting is not None and same and actor.kind == "command":
            return _agree(organisation, waiting, actor, found)
        refusal = rules.may_propose(found, waiting=waiting is not None)
        if refusal is not None:
            raise RefusalError(refusal)
        if body is not None and member is not None and member.joined_at is not None:
            offer(organisation, member, body, actor)
            return Outcome.OFFERED
        if not rules.needs_another(found):
            return _appoint(organisation, person, actor)
        check_member(member)
        proposal = APPROVER_PROPOSAL.file(
            None,
            asked_by=actor,
            organisation_id=organisation.id,
            reason=reason,
            details=person.details,
        )
        if proposal is None:
            raise RefusalError(rules.WAITING)
        record_step(
            "proposed",
            organisation,
            person.name,
            actor,
            email=person.email,
            reason=reason or "",
            proposal=proposal.public_id,
        )
        mails.proposed(organisation, person, actor)
    return Outcome.WAITS


def confirm_proposal(
    journey: Journey,
    organisation: Organisation,
    shown: str | None,
    actor: Actor,
    *,
    body: Organisation | None = None,
) -> Outcome | None:
    """Propose the person of a journey `APPOINT_APPROVER` once; None where that was done before.

    shown: the version of the answers, as the page carried it. Raises RefusalError.
    """
    with writing():
        if not journeys.claim_answers(journey, shown):
            return None
        person = ProposedApprover.of(journeys.person_of(journey))
        return propose(organisation, person, actor, body=body)


def agree_to_proposal(organisation: Organisation, shown: str, actor: Actor) -> Outcome:
    """Agree to the proposal of another operator, and appoint the person. Raises RefusalError.

    shown: public id of the proposal that the page showed.
    """
    with writing():
        proposal = _shown_proposal(organisation, shown)
        person = ProposedApprover.in_decision(proposal)
        _lock(organisation, person)
        found = _facts(organisation, person, actor, None, None)
        return _agree(organisation, _shown_proposal(organisation, shown), actor, found)


def end_proposal(organisation: Organisation, shown: str, actor: Actor, reason: str) -> None:
    """Refuse the proposal of another operator, or take back one's own. Raises RefusalError."""
    with writing():
        proposal = _shown_proposal(organisation, shown)
        person = ProposedApprover.in_decision(proposal)
        own = proposal.asked_by == actor.identifier
        authority = _authority(organisation, actor, facts.account_of(actor), None)
        if authority is not Authority.OPERATOR:
            raise RefusalError(NO_AUTHORITY)
        if not end(proposal, Ending.STOPPED if own else Ending.REFUSED, actor, reason=reason):
            raise RefusalError(rules.TOO_LATE)
        record_step(
            "proposal_ended",
            organisation,
            person.name,
            actor,
            reason=reason,
            proposal=proposal.public_id,
        )
        proposer = facts.person_of(proposal.asked_by)
        if proposer is not None and not own:
            mails.ended(organisation, person.name, proposer, actor, reason)


def _appoint(
    organisation: Organisation,
    person: ProposedApprover,
    actor: Actor,
    *,
    second_decider: str | None = None,
) -> Outcome:
    member = appoint_approver(
        organisation,
        person.address,
        person.given_name,
        person.family_name,
        actor,
        second_decider=second_decider,
    )
    return Outcome.INVITED if member.joined_at is None else Outcome.APPOINTED


def _agree(
    organisation: Organisation,
    proposal: PendingDecision,
    actor: Actor,
    found: rules.ProposalFacts,
) -> Outcome:
    person = ProposedApprover.in_decision(proposal)
    proposer = facts.person_of(proposal.asked_by)
    operators = facts.deciders(organisation, now()).operators
    refusal = rules.may_agree(
        found,
        own_proposal=proposal.asked_by == actor.identifier,
        proposer_can_act=proposer is None or proposer.id in operators,
    )
    if refusal is not None:
        raise RefusalError(refusal)
    decided = agree(
        proposal, actor, deciders=1, takes_effect_at=now(), details=dict(proposal.details)
    )
    if decided is not Agreement.DECIDED or not end(proposal, Ending.IN_EFFECT, actor):
        raise RefusalError(rules.TOO_LATE)
    record_step(
        "proposal_agreed",
        organisation,
        person.name,
        actor,
        email=person.email,
        proposer=proposer.name if proposer else f"the command {proposal.asked_by}",
        proposed_by=proposal.asked_by,
        proposal=proposal.public_id,
    )
    return _appoint(organisation, person, actor, second_decider=proposal.asked_by)


def _facts(
    organisation: Organisation,
    person: ProposedApprover,
    actor: Actor,
    body: Organisation | None,
    reason: str | None,
) -> rules.ProposalFacts:
    account = facts.account_of(actor)
    return rules.ProposalFacts(
        authority=_authority(organisation, actor, account, body),
        oneself=account is not None and account.address == person.address,
        operators=len(facts.deciders(organisation, now()).operators),
        reason=bool(reason),
    )


def _authority(
    organisation: Organisation, actor: Actor, account: Account | None, body: Organisation | None
) -> Authority:
    """Return the ground on which the actor acts: for the body, as an operator, or as a command."""
    if actor.kind == "command":
        return Authority.COMMAND
    deciders = facts.deciders(organisation, now(), stand_ins=False)
    if account is None:
        return Authority.NONE
    if body is not None:
        allowed = account.id in deciders.parents.get(body.id, frozenset())
        return Authority.PARENT if allowed else Authority.NONE
    return Authority.OPERATOR if account.id in deciders.operators else Authority.NONE


def _lock(organisation: Organisation, person: ProposedApprover) -> Membership | None:
    """Lock the organisation, and return the person's open membership as it is then."""
    member = facts.open_membership(organisation.id, person.address)
    if member is not None:
        # An open invitation before the organisation, as its acceptance locks them.
        return facts.lock_membership(db.session(), member)
    facts.lock_organisation(db.session(), organisation.id)
    return None


def _shown_proposal(organisation: Organisation, public_id: str) -> PendingDecision:
    proposal = open_proposal(organisation.id)
    if proposal is None or proposal.public_id != public_id:
        raise RefusalError(rules.TOO_LATE)
    return proposal


def _names(proposal: PendingDecision, person: ProposedApprover) -> bool:
    return ProposedApprover.in_decision(proposal).address == person.address
