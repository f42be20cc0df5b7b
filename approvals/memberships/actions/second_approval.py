"""The second approver's decision about access that needs two people."""

from __future__ import annotations

from app.actors import Actor
from app.clock import now, today
from app.database import db, writing
from app.refusal import RefusalError
from approvals.memberships import facts, sensitive_mails, sensitive_rules
from approvals.memberships.actions.change_user_group import change_user_group
from approvals.memberships.rules import NO_AUTHORITY, Authority
from approvals.memberships.waiting_access import WaitingAccess, find_waiting, record_step
from approvals.pending_decisions.decisions import Agreement, Ending, agree, end
from identity.accounts.person import Person, actor_of


def agree_to_access(public_id: str, decider: Person) -> WaitingAccess:
    """Agree as the second approver, and open the grants. Raises RefusalError.

    The change is judged again, as an act of the person who gave the access: they must still be able
    to give it.
    """
    with writing():
        waiting = _lock(public_id)
        _judge(waiting, decider)
        actor = actor_of(decider)
        decided = agree(
            waiting.decision,
            actor,
            deciders=1,
            takes_effect_at=now(),
            details=dict(waiting.decision.details),
        )
        if decided is not Agreement.DECIDED or not end(waiting.decision, Ending.IN_EFFECT, actor):
            raise RefusalError(sensitive_rules.TOO_LATE)
        record_step("second_agreed", waiting, actor)
        asker = facts.person_of(waiting.decision.asked_by)
        if waiting.on_request and (
            asker is None or waiting.deciders(now()).authority(asker.id) is Authority.NONE
        ):
            raise RefusalError(NO_AUTHORITY)
        first_day = waiting.first_day
        change_user_group(
            waiting.membership,
            service=waiting.service,
            user_groups=waiting.user_groups,
            first_day=first_day if first_day and first_day > today() else None,
            last_day=waiting.last_day,
            actor=actor_of(asker) if asker else Actor.command(waiting.decision.asked_by),
            on_request=waiting.on_request,
            second_approver=actor.identifier,
        )
    return waiting


def refuse_access(public_id: str, decider: Person, reason: str) -> WaitingAccess:
    """Refuse as the second approver, with a reason for the person who gave the access.

    That person can take it back in the same way. Raises RefusalError.
    """
    with writing():
        waiting = _lock(public_id)
        actor = actor_of(decider)
        asker = facts.person_of(waiting.decision.asked_by)
        own = asker is not None and asker.id == decider.id
        if not own:
            _judge(waiting, decider)
        if not end(
            waiting.decision, Ending.STOPPED if own else Ending.REFUSED, actor, reason=reason
        ):
            raise RefusalError(sensitive_rules.TOO_LATE)
        record_step("second_refused", waiting, actor, reason)
        receiver = facts.account_of_member(waiting.membership) if waiting.on_request else None
        for to in (None if own else asker, receiver):
            if to is not None:
                sensitive_mails.access_refused(
                    waiting.organisation,
                    waiting.membership,
                    f"{waiting.group_names} of {waiting.service_name}",
                    actor,
                    to=to,
                    reason=reason,
                )
    return waiting


def _lock(public_id: str) -> WaitingAccess:
    found = find_waiting(public_id)
    if found is not None:
        facts.lock_membership(db.session(), found.membership)
        found = find_waiting(public_id)
    if found is None:
        raise RefusalError(sensitive_rules.TOO_LATE)
    return found


def _judge(waiting: WaitingAccess, decider: Person) -> None:
    asker = facts.person_of(waiting.decision.asked_by)
    refusal = sensitive_rules.may_agree(
        waiting.deciders(now()),
        decider=decider.id,
        asker=asker.id if asker else None,
        receiver=waiting.membership.account_id,
    )
    if refusal is not None:
        raise RefusalError(refusal)
