"""Reads for the pages about a person's second step."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.actors import Actor
from app.database import db
from app.refusal import Refusal
from approvals.memberships.two_operators import first_agreements
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from approvals.second_step_resets import facts, rules
from approvals.second_step_resets.facts import SECOND_STEP_RESET
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.ports import SecondStepReset
from identity.recovery.link import link_sent_at
from identity.settings import settings


@dataclass(frozen=True)
class ResetPage:
    """The reset of a person's second step, as a decider sees it.

    agreed_by: name of the first of two operators, where the agreement counts. hours: from the
    decision to the link. refusal: why this decider cannot decide.
    """

    account: Account
    checks: dict[str, str]
    decision: PendingDecision | None
    link_sent: bool
    agreed_by: str | None
    deciders: int
    hours: int
    refusal: Refusal | None


def reset_page(account: Account, decider: Actor, organisation: Organisation | None) -> ResetPage:
    """Return the page of a decider, who acts for the organisation or as an operator."""
    found = facts.gather(account, decider, organisation)
    decision = SECOND_STEP_RESET.open_about(account.id)
    first = first_agreements([decision.id]).get(decision.id) if decision is not None else None
    refusal = rules.may_decide(found)
    if refusal is None and not account.active:
        refusal = rules.NOT_ACTIVE
    if refusal is None and first == decider.identifier:
        refusal = rules.AGREED_ALREADY
    return ResetPage(
        account=account,
        checks=checks_about(account),
        decision=decision,
        link_sent=link_sent_at(account) is not None,
        agreed_by=name_of(first) if first is not None else None,
        deciders=rules.deciders_needed(found),
        hours=settings().second_step_reset_hours,
        refusal=refusal,
    )


def checks_about(account: Account) -> dict[str, str]:
    """Return the statements of the identity check, by code."""
    return {code: text.format(name=account.name) for code, text in rules.CHECKS.items()}


def second_step_reset(account: Person) -> SecondStepReset | None:
    """Return the person's reset that is asked for, decided, or waits for its link to be opened."""
    decision = SECOND_STEP_RESET.open_about(account.id)
    if decision is not None:
        return SecondStepReset(decision.asked_at, decision.takes_effect_at, link_sent=False)
    sent_at = link_sent_at(account)
    return SecondStepReset(sent_at, sent_at, link_sent=True) if sent_at is not None else None


def name_of(identifier: str) -> str:
    """Return the name of a decider, or the name of the command."""
    account = db.session.scalar(select(Account).where(Account.subject == identifier))
    return account.name if account is not None else f"the command {identifier}"
