"""Requests for access: filed, withdrawn, approved, rejected. Gather, decide, apply.

The row of the request is all that a decision reads: its page and the links in mails only name it.
Each step is a claim on a request that has not ended, so the first of several counts.
"""

from __future__ import annotations

from sqlalchemy import func, select

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.refusal import Refusal, RefusalError
from approvals.access_requests import facts, mails, rules
from approvals.access_requests.facts import ACCESS_REQUEST, AskedFor
from approvals.memberships import facts as members
from approvals.memberships import journeys
from approvals.memberships.actions import give_on_request, lock_for_request
from approvals.memberships.models import Journey
from approvals.memberships.rules import Authority
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Agreement, Ending, agree, end
from approvals.pending_decisions.models import PendingDecision
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.accounts.person import Person, actor_of

Decider = Person | Actor
"""A person, or the actor of a command on the server."""


class RequestEnded(RefusalError):
    """The request was decided before, or it ended otherwise."""

    def __init__(self) -> None:
        super().__init__(rules.ENDED)


def file_request(
    person: Person, organisation: Organisation, asked: AskedFor, *, reason: str
) -> PendingDecision:
    """Store the person's request. Raises RefusalError.

    The deciders get their mail from the worker (`notices`), which bounds the mails to each of them.
    """
    with writing() as session:
        organisation = members.lock_organisation(session, organisation.id)
        account = _lock(person.id)
        refusal = rules.may_file(facts.gather_filing(account, organisation, asked, now()))
        if refusal is not None:
            raise RefusalError(refusal)
        filed = ACCESS_REQUEST.file(
            account.id,
            asked_by=actor_of(account),
            organisation_id=organisation.id,
            reason=reason,
            details=asked.stored(),
        )
        if filed is None:
            raise RefusalError(rules.PENDING_ALREADY)
        _record("filed", filed, account, organisation, actor_of(account))
    return filed


def confirm_request(journey: Journey, person: Person, shown: str | None) -> PendingDecision | None:
    """File the request of a journey on the answers that the page showed.

    Return None where that was done before. Raises RefusalError.
    """
    with writing() as session:
        if not journeys.claim_answers(journey, shown):
            return None
        answers = journeys.request_of(journey)
        asked = AskedFor(
            answers["service"],
            answers["group"],
            [(question, answer) for question, answer in answers["answers"]],
        )
        organisation = session.get_one(Organisation, journey.organisation_id)
        return file_request(person, organisation, asked, reason=answers["reason"])


def withdraw(decision: PendingDecision, person: Person) -> None:
    """End the person's own request. Raises RequestEnded."""
    with writing():
        account = _lock(person.id)
        if not end(
            decision,
            Ending.STOPPED,
            actor_of(account),
            PendingDecision.account_id == account.id,
        ):
            raise RequestEnded
        organisation = db.session.get_one(Organisation, decision.organisation_id)
        _record("withdrawn", decision, account, organisation, actor_of(account))


def approve(
    decision: PendingDecision,
    decider: Decider,
    *,
    user_group: str | None = None,
    reason: str | None = None,
) -> None:
    """Give what the stored request asks for, or a lesser user group of the same service.

    The request, the decider and the organisation's user groups are judged as they are now. reason:
    of a command. Raises RefusalError, of which RequestEnded says that another decision came first.
    """
    with writing():
        found, account, organisation, authority = _lock_and_judge(decision, decider)
        asked = AskedFor.of(found)
        offered = facts.groups_of(organisation, asked.service, now())
        group = next((each for each in offered if each.code == asked.user_group), None)
        granted = user_group or asked.user_group
        _raise(
            rules.may_approve(
                asked=group, chosen=granted, offered=offered, asker_active=account.active
            )
        )
        contents = AskedFor(asked.service, asked.user_group, asked.answers, granted)
        _claim(found, decider, organisation, authority, contents)
        is_given = give_on_request(
            organisation,
            account,
            service=asked.service,
            user_group=granted,
            actor=_actor(decider),
        )
        _record(
            "approved",
            found,
            account,
            organisation,
            _actor(decider),
            granted=mails.group_name(asked.service, granted),
            reason=reason,
            authority=authority,
            mutual=not isinstance(decider, Actor) and _has_approved(account, decider),
        )
        mails.approved(account, organisation, contents, authority, waits=not is_given)


def reject(decision: PendingDecision, decider: Decider, *, reason: str) -> None:
    """End the request with a reason, which is mailed to the asker. Raises RefusalError."""
    with writing():
        found, account, organisation, authority = _lock_and_judge(decision, decider)
        if not end(
            found,
            Ending.REFUSED,
            _actor(decider),
            reason=reason,
        ):
            raise RequestEnded
        _record(
            "rejected",
            found,
            account,
            organisation,
            _actor(decider),
            reason=reason,
            authority=authority,
        )
        mails.rejected(account, organisation, AskedFor.of(found), authority, reason)


def end_without_decision(decision: PendingDecision, by: Actor, sentence: str) -> bool:
    """End a request because what it asks for is gone; the reason is mailed to the asker.

    Must run inside `writing()`. Return False where it had ended.
    """
    if not end(decision, Ending.STOPPED, by, reason=sentence):
        return False
    account = db.session.get_one(Account, decision.account_id)
    organisation = db.session.get_one(Organisation, decision.organisation_id)
    _record("ended", decision, account, organisation, by, reason=sentence)
    mails.ended(account, organisation, AskedFor.of(decision), sentence)
    return True


def record_passed_on(
    decision: PendingDecision, account: Account, organisation: Organisation, level: Authority
) -> None:
    """Record that the people of a further level may decide. Must run inside `writing()`."""
    also = mails.WITH[level].format(organisation.name)
    _record("escalated", decision, account, organisation, SYSTEM, level=also)


def _lock_and_judge(
    decision: PendingDecision, decider: Decider
) -> tuple[PendingDecision, Account, Organisation, Authority]:
    """Lock what a decision changes, and judge the decider. Raises RefusalError."""
    session = db.session()
    asker = session.get_one(Account, decision.account_id)
    organisation = session.get_one(Organisation, decision.organisation_id)
    lock_for_request(organisation, asker)
    account = lock_access(asker.id) or asker
    found = facts.by_public_id(decision.public_id)
    if found is None or found.ended_at is not None:
        raise RequestEnded
    deciders, at = members.deciders(organisation, now()), now()
    if isinstance(decider, Actor):
        authority = rules.may_decide_by_command(
            deciders, asker=account.id, asked_at=found.asked_at, at=at
        )
    else:
        authority = rules.may_decide(
            deciders, decider=decider.id, asker=account.id, asked_at=found.asked_at, at=at
        )
    if isinstance(authority, Refusal):
        raise RefusalError(authority)
    return found, account, organisation, authority


def _claim(
    decision: PendingDecision,
    decider: Decider,
    organisation: Organisation,
    authority: Authority,
    contents: AskedFor,
) -> None:
    """Decide the request and put it into effect, once. Raises RequestEnded."""
    actor = _actor(decider)
    acted_for: int | None = None
    if authority is Authority.APPROVER:
        acted_for = organisation.id
    elif authority is Authority.PARENT and not isinstance(decider, Actor):
        acted_for = facts.parent_for(decider.id, organisation, now())
    outcome = agree(
        decision,
        actor,
        deciders=1,
        takes_effect_at=now(),
        organisation_id=acted_for,
        details=contents.stored(),
    )
    if outcome is not Agreement.DECIDED or not end(decision, Ending.IN_EFFECT, actor):
        raise RequestEnded


def _actor(decider: Decider) -> Actor:
    return decider if isinstance(decider, Actor) else actor_of(decider)


def _has_approved(asker: Account, decider: Person) -> bool:
    """Return whether the asker approved a request of the decider before."""
    found = db.session.scalar(
        select(func.count(PendingDecision.id)).where(
            PendingDecision.kind == ACCESS_REQUEST.name,
            PendingDecision.account_id == decider.id,
            PendingDecision.decided_by == asker.subject,
        )
    )
    return bool(found)


def _lock(account_id: int) -> Account:
    """Lock the account. Raises RefusalError where the person cannot sign in at all."""
    locked = lock_access(account_id)
    if locked is None or not locked.active:
        raise RefusalError(rules.NO_AUTHORITY)
    return locked


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise RefusalError(refusal)


def _record(
    step: str,
    decision: PendingDecision,
    account: Account,
    organisation: Organisation,
    actor: Actor,
    granted: str | None = None,
    reason: str | None = None,
    authority: Authority | None = None,
    level: str | None = None,
    mutual: bool | None = None,
) -> None:
    asked = AskedFor.of(decision)
    record(
        f"access_request.{step}",
        actor=actor,
        organisation=organisation.public_id,
        subject=account.subject,
        service=asked.service,
        person=account.name,
        request=decision.public_id,
        user_group=mails.group_name(asked.service, asked.user_group),
        granted=granted,
        reason=reason,
        authority=authority.value if authority is not None else None,
        level=level,
        mutual=mutual,
    )
