"""Joining two accounts: proved with both accounts' factors, decided by operators, carried out.

The person begins with the account that they keep and proves the other one in the same browser.
Operators see both with their factors. Where the result may do more than each account, two decide.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from app.outbox import send_mail
from app.refusal import RefusalError
from approvals.account_closing import actions as closing
from approvals.account_closing.requests_and_invitations import (
    end_requests_and_invitations,
    lock_before_closing,
)
from approvals.account_joining import facts, rules
from approvals.account_joining.facts import DECIDED_WITHIN, JOINING, PROVED_WITHIN
from approvals.memberships import facts as members
from approvals.memberships import wording
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.continuation import open_continued
from approvals.memberships.models import Membership
from approvals.memberships.two_operators import take_back_lost_agreement
from approvals.operators.actions import active_operators
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Agreement, Ending, agree, end, has_not_ended
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.administration.closing import lock_to_close
from identity.credentials.reset import send_disavowable
from identity.credentials.take_back import Change, Details, TakeBack

_CHANGE = Change("account joining", {})
_CAUSE = "accounts joined"
_SENTENCE = "This account was joined with another account of yours."


def begin(account_id: int, browser: str) -> None:
    """Begin with the account that the person keeps, bound to their browser. Raises RefusalError.

    A request that was begun before with this account, or in this browser, ends.
    """
    with writing():
        account = lock_to_close(account_id)
        for request in JOINING.undecided_too_long(now(), account_id):
            _expire(request)
        _end_incomplete(account)
        begun = facts.begun_in(browser, account.id)
        if begun is not None:
            end(begun, Ending.STOPPED, actor_of(account))
        JOINING.file(
            account.id, asked_by=actor_of(account), details={"browser": browser, "other": ""}
        )


def prove_other(public_id: str, account_id: int, browser: str | None) -> None:
    """Add the account that ends, signed in in the same browser. Raises RefusalError."""
    with writing():
        begun = facts.begun_in(browser, account_id)
        if begun is None or begun.public_id != public_id:
            raise RefusalError(rules.NOT_BEGUN)
        kept, other = _lock(begun.account_id or 0, account_id)
        _end_incomplete(other)
        _raise_for(kept, other)
        if not claim(
            update(PendingDecision)
            .where(
                PendingDecision.id == begun.id,
                has_not_ended(now()),
                PendingDecision.asked_at > now() - PROVED_WITHIN,
                PendingDecision.details["other"].as_string() == "",
            )
            .values(details={"browser": "", "other": other.subject})
        ):
            raise RefusalError(rules.NOT_BEGUN)
        record(
            "account.joining_requested",
            actor=actor_of(other),
            subject=kept.subject,
            other=other.subject,
        )
        for account, second in ((kept, other), (other, kept)):
            send_disavowable(
                account,
                "account_joining/requested",
                change=_CHANGE,
                at=now(),
                kept=kept.email,
                other=other.email,
                ends=account is other,
                second=second.email,
            )
        for operator in active_operators():
            send_mail(
                to=operator.email,
                template="account_joining/waiting",
                context={"name": operator.name, "page": f"/ops/joinings/{begun.public_id}"},
            )


def stop(account_id: int) -> None:
    """Stop the request for one of its two accounts. Raises RefusalError."""
    with writing():
        account = lock_to_close(account_id)
        if not _stop(account):
            raise RefusalError(rules.TOO_LATE)


def agree_to_joining(public_id: str, actor: Actor) -> Agreement:
    """Agree as an operator; the last agreement joins the accounts. Raises RefusalError.

    The command on the server stands in for the second operator where there is only one.
    """
    with writing():
        decision, kept, other = _locked(public_id)
        if actor.kind == "command" and len(active_operators()) > 1:
            raise RefusalError(rules.NEEDS_OPERATORS)
        _raise_for(kept, other)
        take_back_lost_agreement(decision)
        result = agree(
            decision,
            actor,
            deciders=facts.deciders(kept, other),
            takes_effect_at=now(),
            details=decision.details,
        )
        if result is Agreement.TOO_LATE:
            raise RefusalError(rules.TOO_LATE)
        record("account.joining_agreed", actor=actor, subject=kept.subject, other=other.subject)
        if result is Agreement.DECIDED:
            if not end(decision, Ending.IN_EFFECT, actor):
                raise RefusalError(rules.TOO_LATE)
            _join(kept, other, actor)
    return result


def refuse(public_id: str, actor: Actor, reason: str) -> None:
    """Refuse the request as an operator, with a reason for the person. Raises RefusalError."""
    with writing():
        decision, kept, other = _locked(public_id)
        if not end(decision, Ending.REFUSED, actor, reason=reason):
            raise RefusalError(rules.TOO_LATE)
        record(
            "account.joining_ended",
            actor=actor,
            subject=kept.subject,
            other=other.subject,
            reason=reason,
        )
        _mail((kept, other), "refused", reason=reason)


def _end_incomplete(account: Account) -> None:
    """End the request that the account has begun. Raises RefusalError for one that is complete."""
    present = facts.open_about(account)
    if present is None:
        return
    if facts.other_of(present):
        raise RefusalError(rules.WAITING)
    end(present, Ending.STOPPED, actor_of(account))


def end_undecided() -> None:
    """End the requests that no operator decided in time, and tell their people once."""
    for request in JOINING.undecided_too_long(now()):
        with writing():
            lock_to_close(request.account_id or 0)
            _expire(request)


def _expire(request: PendingDecision) -> None:
    """End a request that was not decided in time. The account that was to stay is locked.

    A request for which only one account was proved ends without an email: operators never saw it.
    """
    if not end(request, Ending.EXPIRED, SYSTEM, PendingDecision.decided_at.is_(None)):
        return
    other = facts.account_of(facts.other_of(request))
    if other is None:
        return
    kept = db.session.get_one(Account, request.account_id)
    record(
        "account.joining_ended",
        actor=SYSTEM,
        subject=kept.subject,
        other=other.subject,
        outcome="not decided in time",
    )
    both_open = [each for each in (kept, other) if each.closed_at is None]
    _mail(both_open, "undecided", days=DECIDED_WITHIN.days)


def _take_back(account: Account, _details: Details) -> None:
    _stop(account)


TAKE_BACK = TakeBack(_CHANGE.name, "the joining of your accounts is stopped", _take_back)


def _stop(account: Account) -> bool:
    present = facts.open_about(account)
    if present is None or not end(present, Ending.STOPPED, actor_of(account)):
        return False
    record("account.joining_ended", actor=actor_of(account), subject=account.subject)
    return True


def _join(kept: Account, other: Account, actor: Actor) -> None:
    """Carry the memberships over and close the other account."""
    at = now()
    left_out = [
        organisation.name
        for organisation, membership in facts.memberships(other.id)
        if not _continue(organisation, membership, kept, actor, at)
    ]
    end_requests_and_invitations(other, _SENTENCE)
    record(
        "account.joined_accounts",
        actor=actor,
        subject=kept.subject,
        other=other.subject,
        left_out=left_out,
    )
    _mail((kept, other), "joined", kept=kept.email, left_out=left_out)
    closing.close_now(other, "joined with another account of the person")


def _continue(
    organisation: Organisation, membership: Membership, kept: Account, actor: Actor, at: datetime
) -> bool:
    """End the membership, and open the same one for the account that is kept.

    False where that account belongs to the organisation already, or is invited to it: its access
    stays as it is, so none is doubled and no rule about groups is broken.
    """
    session = db.session()
    is_free = members.open_membership(organisation.id, kept.address) is None
    if is_free:
        continued = Membership(
            organisation_id=organisation.id,
            account_id=kept.id,
            email=kept.email,
            email_key=kept.email_key,
            given_name=kept.given_name,
            family_name=kept.family_name,
            valid_from=at,
            joined_at=at,
        )
        open_continued(
            membership, continued, [each for each in membership.grants if each.ends_after(at)], at
        )
        record(
            "membership.continued",
            actor=actor,
            organisation=organisation.public_id,
            subject=kept.subject,
            after={
                "access": wording.access_codes(members.held_groups(continued, at)),
                "approver": continued.is_approver,
            },
            membership=continued.public_id,
            former=membership.public_id,
            person=continued.name,
        )
    close_membership(session, membership, organisation, cause=_CAUSE, at=at, actor=actor)
    return is_free


def _locked(public_id: str) -> tuple[PendingDecision, Account, Account]:
    """Lock the organisations and both accounts, and return the request as it is then."""
    found = facts.find(public_id)
    if found is None:
        raise RefusalError(rules.TOO_LATE)
    accounts = (found.kept.account, found.other.account)
    keys = [each.id for each in accounts]
    organisations = _organisations_of(keys)
    lock_before_closing(*accounts)
    kept, other = _lock(*keys)
    if not _organisations_of(keys) <= organisations:
        raise RefusalError(rules.BELONGS_ELSEWHERE)
    decision = db.session.scalar(
        select(PendingDecision)
        .where(PendingDecision.id == found.decision.id, has_not_ended(now()))
        .execution_options(populate_existing=True)
    )
    if decision is None:
        raise RefusalError(rules.TOO_LATE)
    return decision, kept, other


def _organisations_of(accounts: Collection[int]) -> set[int]:
    return {organisation.id for each in accounts for organisation, _ in facts.memberships(each)}


def _lock(kept: int, other: int) -> tuple[Account, Account]:
    """Lock both accounts, in one order, and return them as they are then."""
    locked = {each: lock_to_close(each) for each in sorted((kept, other))}
    return locked[kept], locked[other]


def _raise_for(kept: Account, other: Account) -> None:
    refusal = rules.may_join(facts.gather(kept, other))
    if refusal is not None:
        raise RefusalError(refusal)


def _mail(accounts: Collection[Account], template: str, **context: object) -> None:
    for account in accounts:
        send_mail(
            to=account.email,
            template=f"account_joining/{template}",
            context={"name": account.name, **context},
        )
