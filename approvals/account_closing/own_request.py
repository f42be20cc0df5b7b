"""Requests of people to close and erase their own account: filed, stopped, put into effect.

The waiting time lets the owner of the mailbox stop a request that somebody else made in their
session. Meanwhile nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.days import in_words
from app.outbox import send_mail
from app.refusal import Refusal, RefusalError
from approvals.account_closing import actions
from approvals.account_closing.requests_and_invitations import (
    end_requests_and_invitations,
    lock_before_closing,
)
from approvals.memberships import facts
from approvals.memberships.actions import leave
from approvals.memberships.mails import mail_approvers
from approvals.memberships.models import Membership
from approvals.operators.actions import (
    active_operators,
    is_operator,
    remove_operator,
)
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import DecisionKind, Ending, end
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.administration.closing import lock_to_close
from identity.credentials.reset import send_disavowable
from identity.credentials.take_back import Change, Details, TakeBack
from identity.settings import settings

ERASURE = DecisionKind("account_erasure", undecided=None)
_CHANGE = Change("account erasure", {})
_LAST_APPROVER = (
    "You are the only approver of {names}. Make another person an approver there first."
)
ONLY_OPERATOR = Refusal(
    "only_operator", "You are the only operator of Secure Access. Add another operator first."
)
REQUESTED_ALREADY = Refusal("requested_already", "You have already asked for this.")
NOT_REQUESTED = Refusal("not_requested", "There is no request to stop any more.")
CLOSED = "Your account was closed at your request."


@dataclass(frozen=True)
class Closing:
    """Facts for the page: the organisations and the appointment that end, and the planned moment.

    approves_alone: the organisations that would be left without an approver.
    """

    organisations: Sequence[Organisation]
    approves_alone: Sequence[Organisation]
    operates: bool
    operates_alone: bool
    planned_for: datetime | None

    def ends(self) -> list[str]:
        """Return the access that ends with the account, each as an item of a list."""
        left = [
            f"your access at {each.name}: you leave it, and its approvers get an email"
            for each in self.organisations
        ]
        return [*left, "your appointment as an operator"] if self.operates else left

    @property
    def refusal(self) -> Refusal | None:
        """The reason for which the account cannot be closed, or None."""
        if self.approves_alone:
            names = ", ".join(each.name for each in self.approves_alone)
            return Refusal("last_approver", _LAST_APPROVER.format(names=names))
        return ONLY_OPERATOR if self.operates_alone else None


def planned_for(account_id: int) -> datetime | None:
    """Return the moment for which the closing of this account is planned, or None."""
    pending = ERASURE.open_about(account_id)
    return pending.takes_effect_at if pending is not None else None


def gather(account_id: int) -> Closing:
    """Return the facts about the closing of this account at the moment."""
    organisations = [organisation for organisation, _ in _memberships(account_id)]
    operators = [each.id for each in active_operators()] if is_operator(account_id) else []
    return Closing(
        organisations=organisations,
        approves_alone=[
            each for each in organisations if facts.active_approvers(each.id).last(account_id)
        ],
        operates=bool(operators),
        operates_alone=operators == [account_id],
        planned_for=planned_for(account_id),
    )


def request(account_id: int) -> None:
    """Plan the erasure of the person's account. Raises RefusalError."""
    wait = timedelta(days=settings().account_erasure_wait_days)
    with writing():
        account = lock_to_close(account_id)
        refusal = gather(account.id).refusal
        if refusal is not None:
            raise RefusalError(refusal)
        actor, at = actor_of(account), now()
        if ERASURE.file(account.id, asked_by=actor, takes_effect_at=at + wait) is None:
            raise RefusalError(REQUESTED_ALREADY)
        record("account.erasure_requested", actor=actor, subject=account.subject)
        send_disavowable(
            account,
            "account_closing/requested",
            change=_CHANGE,
            lifetime=wait,
            at=at,
            day=in_words(at + wait),
        )


def stop(account_id: int) -> None:
    """Stop the erasure that the person requested. Raises RefusalError."""
    with writing():
        account = lock_to_close(account_id)
        if not _stop(account, actor_of(account)):
            raise RefusalError(NOT_REQUESTED)


def _stop(account: Account, by: Actor, reason: str = "") -> bool:
    pending = ERASURE.open_about(account.id)
    if pending is None or not end(pending, Ending.STOPPED, by, reason=reason or None):
        return False
    record("account.erasure_stopped", actor=by, subject=account.subject, reason=reason)
    send_mail(
        to=account.email,
        template="account_closing/stopped",
        context={"name": account.name, "reason": reason},
    )
    return True


def _take_back(account: Account, _details: Details) -> None:
    _stop(account, actor_of(account))


TAKE_BACK = TakeBack(_CHANGE.name, "the erasure of your account is stopped", _take_back)


def take_effect() -> None:
    """Close and erase the accounts whose waiting time is over.

    Nothing changes where a rule refuses, for example for a person who has become the last approver
    of an organisation. They get the reason by email.
    """
    for due in ERASURE.due(now()):
        try:
            _close(due)
        except RefusalError as error:
            with writing():
                account = lock_to_close(due.account_id or 0)
                _stop(account, SYSTEM, error.refusal.sentence)
    for account_id in actions.account_ids(is_to_be_erased()):
        actions.erase(account_id, is_to_be_erased())


def is_to_be_erased() -> ColumnElement[bool]:
    """Return the condition that an account was closed at its person's request, and not erased."""
    in_effect = (
        exists()
        .where(
            PendingDecision.account_id == Account.id,
            PendingDecision.kind == ERASURE.name,
            PendingDecision.ending == Ending.IN_EFFECT.value,
        )
        .correlate(Account)
    )
    return Account.erased_at.is_(None) & Account.closed_at.is_not(None) & in_effect


def _close(due: PendingDecision) -> None:
    """Leave everything and close the account, in one transaction. Raises RefusalError."""
    with writing():
        account = db.session.get_one(Account, due.account_id)
        lock_before_closing(account)
        account = lock_to_close(account.id)
        if not end(due, Ending.IN_EFFECT, SYSTEM, PendingDecision.takes_effect_at <= now()):
            return
        person = actor_of(account)
        refusal = gather(account.id).refusal
        if refusal is not None:
            raise RefusalError(refusal)
        for organisation, membership in _memberships(account.id):
            left = leave(membership, actor=person)
            mail_approvers("closed_account", organisation, left)
        if is_operator(account.id):
            remove_operator(account.address, actor=person)
        end_requests_and_invitations(account, CLOSED)
        actions.close_now(account, "their own request")
        send_mail(
            to=account.email,
            template="account_closing/closed_on_request",
            context={"name": account.name},
        )


def _memberships(account_id: int) -> list[tuple[Organisation, Membership]]:
    rows = db.session.execute(
        select(Organisation, Membership)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.account_id == account_id, Membership.open)
        .order_by(Organisation.id)
    )
    return [(row[0], row[1]) for row in rows]
