"""Work on pending requests that time brings: mails to deciders, and requests whose subject is gone.

Nothing here grants, rejects or closes a request because of its age. A decider gets one mail about
all requests that wait for them, at most one in 24 hours, whatever the number of requests; each
mail counts as the present reminder of each request that it is about. The mails follow from the
rows alone, so that a crash loses none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.actors import SYSTEM
from app.clock import now
from app.database import db, writing
from app.database.single_use import insert_unless_present
from approvals.access_model import definitions
from approvals.access_requests import actions, facts, mails, rules
from approvals.access_requests.facts import PENDING, AskedFor
from approvals.access_requests.models import RequestNotice
from approvals.memberships import facts as members
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.rules import Authority
from approvals.organisations import openness, queries
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from identity.access_termination import lock_access
from identity.accounts.models import Account

BETWEEN_MAILS = timedelta(hours=24)
"""Time between two mails about requests to one decider."""
LISTED = 10
"""Requests that a mail names."""
EVERY = 10.0
"""Seconds between two calls of `work`."""
_add_notice = insert_unless_present(RequestNotice)

ORGANISATION_CLOSED = "{} has closed."
GROUP_GONE = "{} can no longer give this user group."
SERVICE_GONE = "This service is no longer offered."


@dataclass(frozen=True)
class _Pending:
    """A pending request with its organisation, and the accounts that may decide it."""

    decision: PendingDecision
    organisation: Organisation
    deciders: frozenset[int]

    def number(self, at: datetime) -> int:
        """Return the number of the mail to deciders that is due."""
        return rules.reminders_due(self.decision.asked_at, at)


def work() -> None:
    """End the requests whose subject is gone, and send the mails that are due."""
    at = now()
    found = _pending()
    if not found:
        return
    left = _end_those_without_subject(found, at)
    deciders = facts.DecidersAtOnce({organisation.id for _, organisation in left}, at)
    pending = [
        _Pending(decision, organisation, deciders.of(decision, organisation))
        for decision, organisation in left
    ]
    by_decider: dict[int, list[_Pending]] = {}
    for each in pending:
        for account_id in each.deciders:
            by_decider.setdefault(account_id, []).append(each)
    sent = _numbers_sent()
    for account_id, waiting in sorted(by_decider.items()):
        if any(_is_due(each, sent.get((each.decision.id, account_id)), at) for each in waiting):
            _notify_decider(account_id, waiting, at)
    for each in pending:
        asker = each.decision.account_id or 0
        if (sent.get((each.decision.id, asker)) or 0) < rules.steps(each.decision.asked_at, at):
            _notify_asker(each, at)


def _pending() -> list[tuple[PendingDecision, Organisation]]:
    rows = db.session.execute(
        select(PendingDecision, Organisation)
        .join(Organisation, Organisation.id == PendingDecision.organisation_id)
        .where(*PENDING)
        .order_by(PendingDecision.asked_at, PendingDecision.id)
    )
    return [(row[0], row[1]) for row in rows]


def _end_those_without_subject(
    found: Sequence[tuple[PendingDecision, Organisation]], at: datetime
) -> list[tuple[PendingDecision, Organisation]]:
    """End requests for what is no longer there, and return the others."""
    ids = {organisation.id for _, organisation in found}
    opened = set(
        db.session.scalars(
            openness.only_open(
                select(Organisation.id).where(Organisation.id.in_(ids)), queries.on_day(at)
            )
        )
    )
    services = Catalogue(at)
    active = {each.code for each in definitions.services(at) if each.active}
    left = []
    for decision, organisation in found:
        asked = AskedFor.of(decision)
        offered = {
            group.code
            for offer in services.offers(organisation)
            if offer.code == asked.service
            for group in offer.groups
        }
        if organisation.id not in opened:
            sentence = ORGANISATION_CLOSED.format(organisation.name)
        elif asked.service not in active:
            sentence = SERVICE_GONE
        elif asked.user_group not in offered:
            sentence = GROUP_GONE.format(organisation.name)
        else:
            left.append((decision, organisation))
            continue
        with writing():
            lock_access(decision.account_id or 0)
            actions.end_without_decision(decision, SYSTEM, sentence)
    return left


def _numbers_sent() -> Mapping[tuple[int, int], int]:
    """Return the number of the latest mail, by pending request and recipient."""
    rows = db.session.execute(
        select(RequestNotice.decision_id, RequestNotice.account_id, func.max(RequestNotice.number))
        .join(PendingDecision, PendingDecision.id == RequestNotice.decision_id)
        .where(*PENDING)
        .group_by(RequestNotice.decision_id, RequestNotice.account_id)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _is_due(pending: _Pending, sent: int | None, at: datetime) -> bool:
    return sent is None or sent < pending.number(at)


def _notify_decider(account_id: int, waiting: Sequence[_Pending], at: datetime) -> None:
    """Send one mail about all requests that wait for the decider, unless one went recently."""
    with writing():
        account = lock_access(account_id)
        if account is None or not account.active or _notified_since(account_id, at):
            return
        for each in waiting:
            _add_notice(
                decision_id=each.decision.id,
                account_id=account_id,
                number=each.number(at),
                sent_at=at,
            )
        mails.waiting(
            account,
            [_in_words(each) for each in waiting[:LISTED]],
            len(waiting),
            _page(account_id, waiting),
        )


def _notified_since(account_id: int, at: datetime) -> bool:
    found = db.session.scalar(
        select(RequestNotice.id)
        .join(PendingDecision, PendingDecision.id == RequestNotice.decision_id)
        .where(
            RequestNotice.account_id == account_id,
            RequestNotice.sent_at > at - BETWEEN_MAILS,
            PendingDecision.account_id != account_id,
        )
        .limit(1)
    )
    return found is not None


def _notify_asker(pending: _Pending, at: datetime) -> None:
    """Tell the asker once for each level that time added, as long as there is one."""
    decision, organisation = pending.decision, pending.organisation
    step = rules.steps(decision.asked_at, at)
    asker = decision.account_id or 0
    deciders = members.deciders(organisation, at)
    levels = rules.levels_open(deciders, asker=asker, asked_at=decision.asked_at, at=at)
    if len(levels) <= step or levels[-1] is Authority.APPROVER:
        return
    with writing():
        account = lock_access(asker)
        added = account is not None and _add_notice(
            decision_id=decision.id, account_id=asker, number=step, sent_at=at
        )
        if account is not None and added:
            actions.record_passed_on(decision, account, organisation, levels[-1])
            page = f"/requests/{decision.public_id}"
            mails.passed_on(account, organisation, AskedFor.of(decision), levels[-1], page)


def _in_words(pending: _Pending) -> tuple[str, str]:
    asked = AskedFor.of(pending.decision)
    person = db.session.get_one(Account, pending.decision.account_id).name
    group = mails.group_name(asked.service, asked.user_group)
    return f"{person}: {group}", pending.organisation.name


def _page(account_id: int, waiting: Sequence[_Pending]) -> str:
    """Return the path of the list on which the decider finds the oldest of the requests."""
    oldest = waiting[0].organisation
    # The worker sends these mails, and outside requests Flask builds no addresses.
    if account_id in members.active_approvers(oldest.id).accounts:
        return f"/o/{oldest.public_id}/requests"
    body = facts.parent_for(account_id, oldest, now())
    if body is not None:
        return f"/o/{db.session.get_one(Organisation, body).public_id}/requests"
    return "/ops/requests"
