"""Notices about a reset of the second step. Called inside `writing()`.

Each step is announced to the person, to all approvers of their organisations and, where those are
too few to notice, to the operators.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from app.actors import Actor
from app.database import db
from app.outbox import send_mail
from approvals.memberships.models import Membership
from approvals.operators import actions as operators
from approvals.organisations.models import Organisation
from approvals.second_step_resets import facts
from identity.accounts.models import Account
from identity.credentials.reset import send_disavowable
from identity.recovery.link import RESET

_TEMPLATES = "second_step_resets"


def announce(
    account: Account,
    step: str,
    actor: Actor,
    *,
    takes_effect_at: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Announce a step: `asked`, `decided`, `ended`, or `in effect`."""
    words = _in_words(actor)
    oneself = actor.identifier == account.subject
    if step in {"asked", "decided"}:
        send_disavowable(
            account,
            f"{_TEMPLATES}/for_person",
            change=RESET,
            step=step,
            actor=words,
            takes_effect_at=takes_effect_at,
        )
    else:
        send_mail(
            to=account.email,
            template=f"{_TEMPLATES}/for_person",
            context={
                "name": account.name,
                "step": step,
                "actor": words,
                "oneself": oneself,
                "reason": reason,
            },
        )
    for to, page in _deciders(account):
        send_mail(
            to=to.email,
            template=f"{_TEMPLATES}/for_decider",
            context={
                "person": account.name,
                "email": account.email,
                "page": page,
                "step": step,
                "actor": words,
                "oneself": oneself,
                "takes_effect_at": takes_effect_at,
                "reason": reason,
            },
        )


def access_closed(account: Account, organisation: Organisation, membership: Membership) -> None:
    """Ask the approvers of an organisation, else the operators, to open the access again."""
    approvers = facts.other_approvers(organisation.id, account.id)
    for to in _accounts(approvers) or operators.active_operators():
        if to.id != account.id:
            page = page_of(organisation, membership) if approvers else _console(account)
            send_mail(
                to=to.email,
                template=f"{_TEMPLATES}/access_closed",
                context={"person": account.name, "organisation": organisation.name, "page": page},
            )


def access_agreed(account: Account, organisation: Organisation, actor: Actor) -> None:
    """Notify the person that they have their access again."""
    send_mail(
        to=account.email,
        template=f"{_TEMPLATES}/access_agreed",
        context={
            "name": account.name,
            "organisation": organisation.name,
            "actor": _in_words(actor),
        },
    )


def page_of(organisation: Organisation, membership: Membership) -> str:
    """Return the path of the approvers' page about the second step of a member."""
    # Commands and the worker send mails too, and outside requests Flask builds no addresses.
    return f"/o/{organisation.public_id}/users/{membership.public_id}/second-step"


def _deciders(account: Account) -> Iterator[tuple[Account, str]]:
    """Return everybody who is notified besides the person, once each, with their page."""
    seen = {account.id}
    few = operators.is_operator(account.id)
    memberships = facts.memberships_of(account.id)
    for organisation, membership in memberships:
        approvers = facts.other_approvers(organisation.id, account.id)
        few = few or len(approvers) < 2
        for approver in _accounts(approvers - seen):
            yield approver, page_of(organisation, membership)
        seen |= approvers
    if few or not memberships:
        for operator in operators.active_operators():
            if operator.id not in seen:
                yield operator, _console(account)


def _console(account: Account) -> str:
    return f"/ops/people/{account.subject}"


def _accounts(identifiers: frozenset[int] | set[int]) -> list[Account]:
    return list(
        db.session.scalars(select(Account).where(Account.id.in_(identifiers)).order_by(Account.id))
    )


def _in_words(actor: Actor) -> str:
    return "An operator" if actor.kind == "command" else actor.name
