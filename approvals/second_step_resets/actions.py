"""Requests and decisions about a lost second step, and what follows when one takes effect."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import Select, select, update

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import rows_changed
from app.refusal import RefusalError
from approvals.memberships import suspension
from approvals.memberships.facts import account_of, lock_organisation
from approvals.memberships.two_operators import take_back_lost_agreement
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Agreement, Ending, agree, end, postpone
from approvals.pending_decisions.models import PendingDecision
from approvals.second_step_resets import facts, mails, rules
from approvals.second_step_resets.facts import SECOND_STEP_RESET
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.recovery.link import earliest_reset, send_link, withdraw_links
from identity.settings import settings

EVERY = 10.0
"""Seconds between two calls of `take_effect`."""


def ask(account: Account) -> None:
    """File the person's request; an open one stays as it is. Raises RefusalError."""
    with writing():
        account = _lock(account)
        _expire_requests(account)
        if SECOND_STEP_RESET.open_about(account.id) is not None:
            return
        refusal = rules.may_ask(facts.requests_in_a_day(account.id, now()))
        if refusal is not None:
            raise RefusalError(refusal)
        if SECOND_STEP_RESET.file(account.id, asked_by=actor_of(account)) is not None:
            _record("asked", account, actor_of(account))
            mails.announce(account, "asked", actor_of(account))


def decide(
    account: Account,
    decider: Actor,
    *,
    organisation: Organisation | None,
    checked: Collection[str] = (),
    reason: str | None = None,
) -> Agreement:
    """Agree to reset the person's second step after the delay, with or without their request.

    organisation: the one as whose approver the decider acts; none for operators and commands.
    checked: codes of `rules.CHECKS`, all of them, unless a command acts with a reason. Raises
    RefusalError.
    """
    with writing():
        if organisation is not None:
            lock_organisation(db.session(), organisation.id)
        account = _lock(account)
        asked = facts.gather(account, decider, organisation)
        refusal = rules.may_decide(asked)
        if refusal is None and decider.kind == "person" and set(checked) != set(rules.CHECKS):
            refusal = rules.NOT_CHECKED
        if refusal is not None:
            raise RefusalError(refusal)
        _expire_requests(account)
        decision = SECOND_STEP_RESET.open_about(account.id) or SECOND_STEP_RESET.file(
            account.id, asked_by=actor_of(account)
        )
        delay = timedelta(hours=settings().second_step_reset_hours)
        takes_effect_at = rules.effect_at(now(), delay, earliest_reset(account.id))
        outcome = Agreement.TOO_LATE
        if decision is not None:
            take_back_lost_agreement(decision)
            outcome = agree(
                decision,
                decider,
                deciders=rules.deciders_needed(asked),
                takes_effect_at=takes_effect_at,
                organisation_id=organisation.id if organisation is not None else None,
                details={"opened": sorted(asked.decider_approves) if organisation else []},
            )
        if outcome is Agreement.TOO_LATE:
            raise RefusalError(rules.TOO_LATE)
        if outcome is Agreement.FIRST_OF_TWO:
            _record("agreed", account, decider, checked=sorted(checked), reason=reason)
            mails.announce(account, "agreed", decider)
        else:
            when = takes_effect_at.isoformat()
            _record(
                "decided",
                account,
                decider,
                checked=sorted(checked),
                reason=reason,
                takes_effect_at=when,
            )
            mails.announce(account, "decided", decider, takes_effect_at=takes_effect_at)
    return outcome


def decide_by_command(account: Account, actor: Actor, reason: str) -> bool:
    """Decide for a command on the server; False where an operator has to agree as well.

    Raises RefusalError.
    """
    return decide(account, actor, organisation=None, reason=reason) is Agreement.DECIDED


def end_by_decider(
    account: Account, decider: Actor, *, organisation: Organisation | None, reason: str | None
) -> None:
    """Refuse a request, or stop a reset that has been decided. Raises RefusalError."""
    with writing():
        account = _lock(account)
        refusal = rules.may_end(facts.gather(account, decider, organisation))
        if refusal is not None:
            raise RefusalError(refusal)
        if not _end(account, decider, reason):
            raise RefusalError(rules.TOO_LATE)


def stop(account: Account) -> bool:
    """Stop the reset for its owner, at any time before the link was used; False if there is none.

    Runs inside `writing()` of its own or of the caller.
    """
    with writing():
        account = _lock(account)
        withdrawn = withdraw_links(account)
        ended = _end(account, actor_of(account), None)
        if withdrawn and not ended:
            _record("stopped", account, actor_of(account))
            mails.announce(account, "ended", actor_of(account))
    return withdrawn or ended


def take_effect() -> None:
    """Send the links of the decisions that are due, and end requests that ran out."""
    at = now()
    for due in SECOND_STEP_RESET.due(at):
        with writing():
            account = lock_access(due.account_id or 0)
            if account is None or not account.active:
                continue
            earliest = earliest_reset(account.id)
            if earliest is not None and earliest > at:
                postpone(due, earliest)
            elif end(due, Ending.IN_EFFECT, SYSTEM, PendingDecision.takes_effect_at <= at):
                send_link(account, due.public_id)
                _record("link_sent", account, SYSTEM)
    for request in SECOND_STEP_RESET.undecided_too_long(at):
        with writing():
            account = lock_access(request.account_id or 0)
            if account is not None:
                _expire_requests(account)


def second_step_replaced(account: Account, public_id: str) -> None:
    """Close access in the organisations whose approvers had no part in the decision.

    Must run inside `writing()`, in the transaction that replaced the factors. public_id: of the
    decision.
    """
    decision = db.session.scalars(
        select(PendingDecision).where(PendingDecision.public_id == public_id)
    ).one()
    opened = decision.details.get("opened")
    for organisation, membership in facts.memberships_of(account.id):
        others = facts.other_approvers(organisation.id, account.id)
        if decision.deciding_organisation_id is not None:
            closed = organisation.id not in (opened if isinstance(opened, list) else ())
        else:
            # Operators decided; where there is no other approver nobody else could agree.
            closed = bool(others)
        if closed:
            suspension.suspend_after_reset(membership, now())
            _record("access_closed", account, SYSTEM, organisation=organisation)
            mails.access_closed(account, organisation, membership)
    mails.announce(account, "in effect", actor_of(account))


def agree_to_access(
    account: Account, organisation: Organisation, decider: Actor, *, checked: Collection[str]
) -> None:
    """Open the person's access in the organisation again. Raises RefusalError."""
    with writing():
        lock_organisation(db.session(), organisation.id)
        account = _lock(account)
        who = account_of(decider)
        others = facts.other_approvers(organisation.id, account.id)
        authority = facts.authority(decider, who, organisation)
        if not others:
            authority = facts.authority(decider, who, None)
        refusal = rules.may_agree_to_access(
            authority=authority,
            decider=who.id if who is not None else None,
            owner=account.id,
            other_approvers=bool(others),
        )
        if refusal is None and set(checked) != set(rules.CHECKS):
            refusal = rules.NOT_CHECKED
        if refusal is not None:
            raise RefusalError(refusal)
        if not suspension.agree_to_reset(account.id, organisation.id, agreed_by=decider):
            raise RefusalError(rules.TOO_LATE)
        _record(
            "access_agreed",
            account,
            decider,
            organisation=organisation,
            checked=sorted(checked),
        )
        mails.access_agreed(account, organisation, decider)


def _expire_requests(account: Account) -> None:
    """End the person's requests that ran out. The account is locked."""
    for request in SECOND_STEP_RESET.undecided_too_long(now(), account.id):
        if end(request, Ending.EXPIRED, SYSTEM, PendingDecision.decided_at.is_(None)):
            _record("expired", account, SYSTEM)
            mails.announce(account, "ended", SYSTEM, reason="The request ran out after 14 days.")


def _end(account: Account, by: Actor, reason: str | None) -> bool:
    decision = SECOND_STEP_RESET.open_about(account.id)
    if decision is None:
        return False
    refused = decision.decided_at is None and by.identifier != account.subject
    ending = Ending.REFUSED if refused else Ending.STOPPED
    undecided = PendingDecision.decided_at.is_(None)
    state = undecided if decision.decided_at is None else ~undecided
    if not end(decision, ending, by, state, reason=reason):
        return False
    _record(ending.value, account, by, reason=reason)
    mails.announce(account, "ended", by, reason=reason)
    return True


def _lock(account: Account) -> Account:
    """Lock the account. Raises RefusalError where the person cannot sign in at all."""
    locked = lock_access(account.id)
    if locked is None or not locked.active:
        raise RefusalError(rules.NOT_ACTIVE)
    return locked


def _record(
    step: str,
    account: Account,
    actor: Actor,
    *,
    organisation: Organisation | None = None,
    checked: Sequence[str] | None = None,
    reason: str | None = None,
    takes_effect_at: str | None = None,
) -> None:
    """Record the step for the organisation; without one, for each of the person's."""
    named = [organisation] if organisation is not None else facts.organisations_of(account.id)
    places: Sequence[str | None] = [each.public_id for each in named] or [None]
    for place in places:
        record(
            f"second_step_reset.{step}",
            actor=actor,
            organisation=place,
            subject=account.subject,
            person=account.name,
            checked=checked,
            reason=reason,
            takes_effect_at=takes_effect_at,
        )


def decided_or_asked() -> Select[int]:
    """Select the resets that a restored backup brings back."""
    return select(PendingDecision.id).where(
        PendingDecision.kind == SECOND_STEP_RESET.name, PendingDecision.ended_at.is_(None)
    )


def stop_all() -> None:
    """Stop every reset: its owner may have stopped it after the backup."""
    rows_changed(
        update(PendingDecision)
        .where(PendingDecision.id.in_(decided_or_asked()))
        .values(ended_at=now(), ending=Ending.STOPPED.value, ended_by=SYSTEM.identifier)
    )
