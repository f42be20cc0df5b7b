"""Announce, close and erase accounts. Each step is one conditional UPDATE, so it happens once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from app.actors import SYSTEM
from app.audit import record, replace_personal_text
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from app.days import in_words
from app.outbox import send_mail
from approvals.account_closing import ties
from approvals.account_closing.erasable import Stage
from approvals.account_closing.personal_data import (
    PERSONAL_FIELDS,
    TABLES,
    is_appointment_of,
    is_membership_of,
    is_proposal_of,
)
from approvals.account_closing.pseudonym import Pseudonym
from approvals.memberships.models import Membership
from approvals.operators.models import Operator
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.administration.closing import close_account, lock_to_close
from identity.settings import settings

_MOST_AT_ONCE = 200
"""Accounts in one state that one call closes, announces or erases. The next call goes on."""


def act_on_due() -> None:
    """Close, announce and erase the accounts for which it is time."""
    at = now()
    for account_id in account_ids(ties.is_to_be_closed(at)):
        close(account_id, at)
    for account_id in account_ids(ties.is_to_be_announced(at)):
        announce(account_id, at)
    for account_id in account_ids(is_to_be_erased(at)):
        erase(account_id, is_to_be_erased(at))


def announce(account_id: int, at: datetime) -> None:
    """Mail the person that the account is going to be closed."""
    chosen = settings()
    with writing():
        account = lock_to_close(account_id)
        if not claim(
            update(Account)
            .where(Account.id == account.id, ties.is_to_be_announced(at))
            .values(closing_announced_at=at)
        ):
            return
        record("account.closing_announced", actor=SYSTEM, subject=account.subject)
        _mail(
            account,
            "announced",
            days=chosen.account_closing_days,
            day=in_words(at + timedelta(days=chosen.account_closing_notice_days)),
        )


def close(account_id: int, at: datetime) -> None:
    """Close the account if it has had no ties for long enough, and mail the person."""
    chosen = settings()
    with writing():
        account = lock_to_close(account_id)
        cause = f"no membership for {chosen.account_closing_days} days"
        if not close_now(account, cause, ties.is_to_be_closed(at), at=at):
            return
        _mail(
            account,
            "closed",
            days=chosen.account_closing_days,
            erased_on=in_words(at + timedelta(days=chosen.account_erasure_days)),
        )


def close_now(
    account: Account, cause: str, *state: ColumnElement[bool], at: datetime | None = None
) -> bool:
    """Close the account if it is in this state, and delete its factors; True for one caller.

    Must run under `lock_to_close`.
    """
    if not close_account(account, at or now(), *state):
        return False
    _apply(Stage.CLOSING, account)
    record("account.closed", actor=SYSTEM, subject=account.subject, cause=cause)
    return True


def is_to_be_erased(at: datetime) -> ColumnElement[bool]:
    """Return the condition that an account was closed long enough ago."""
    closed_by = at - timedelta(days=settings().account_erasure_days)
    return Account.erased_at.is_(None) & (Account.closed_at <= closed_by)


def erase(account_id: int, state: ColumnElement[bool]) -> None:
    """Erase the personal data of a closed account in this state; the evidence stays.

    The audit is changed first, in short transactions. An erasure that fails is begun again by the
    next call.
    """
    account = db.session.get_one(Account, account_id)
    pseudonym = Pseudonym.of(account)
    identifiers = [account.subject, *_identifiers_in_events(account)]
    replace_personal_text(dict.fromkeys(identifiers, pseudonym.name), PERSONAL_FIELDS)
    with writing():
        account = lock_to_close(account_id)
        at = now()
        if not claim(
            update(Account)
            .where(Account.id == account.id, Account.closed_at.is_not(None), state)
            .values(erased_at=at)
        ):
            return
        _apply(Stage.ERASURE, account)
        record("account.erased", actor=SYSTEM, subject=account.subject)


def _identifiers_in_events(account: Account) -> list[str]:
    """Return the identifiers by which events before the joining name the person."""
    return [
        *db.session.scalars(select(Membership.public_id).where(is_membership_of(account))),
        *db.session.scalars(select(Operator.public_id).where(is_appointment_of(account))),
        *db.session.scalars(select(PendingDecision.public_id).where(is_proposal_of(account))),
    ]


def _apply(stage: Stage, account: Account) -> None:
    pseudonym = Pseudonym.of(account)
    db.session.flush()
    db.session.refresh(account)
    for each in TABLES:
        if each.stage is stage:
            each.apply(account, pseudonym)


def account_ids(condition: ColumnElement[bool]) -> Sequence[int]:
    """Return the ids of at most `_MOST_AT_ONCE` accounts in this state."""
    statement = select(Account.id).where(condition).order_by(Account.id).limit(_MOST_AT_ONCE)
    return db.session.scalars(statement).all()


def _mail(account: Account, template: str, **context: object) -> None:
    send_mail(
        to=account.email,
        template=f"account_closing/{template}",
        context={"name": account.name, **context},
    )
