"""Organisations that an act of operators leaves without an approver: found, and announced.

A stand-in is no approver here: its time ends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from app.actors import current_actor
from app.audit import record
from app.clock import now
from app.database import db
from app.outbox import send_mail
from approvals.memberships import facts
from approvals.memberships.approvers import can_approve
from approvals.memberships.models import Membership
from approvals.operators import actions
from approvals.organisations.coverage import organisations_within
from approvals.organisations.models import Organisation
from approvals.organisations.parents import parents_of
from identity.accounts.models import Account
from identity.ports import LeavesWithoutApprover


def left_by_connection(
    bodies: Collection[str], accounts: Collection[int], at: datetime
) -> list[Organisation]:
    """Return the organisations within the bodies whose approvers are these accounts, by name."""
    approving = _approving(bodies, accounts, at)
    return sorted(
        (
            organisation
            for organisation, people in approving.items()
            if facts.active_approvers(organisation.id).end_with(people)
        ),
        key=lambda organisation: (organisation.name, organisation.id),
    )


def judge_switching_off(
    name: str,
    bodies: Collection[str],
    accounts: Collection[int],
    accepted: Collection[str],
    at: datetime,
) -> None:
    """Judge the switching off of a connection under the locks that it rests on.

    See `identity.ports.Approvals.switching_off`. Deciders are notified of what is left.
    """
    candidates = _approving(bodies, accounts, at)
    for organisation in sorted(candidates, key=lambda each: each.id):
        facts.lock_organisation(db.session(), organisation.id)
    left = left_by_connection(bodies, accounts, at)
    check_accepted(left, accepted)
    for organisation in left:
        record(
            "approver.none_left_after_switch_off",
            organisation=organisation.public_id,
            connection_name=name,
        )
    if left:
        cause = f"{current_actor().name} switched off the sign-in with {name}."
        announce(left, cause, without=accounts)


def check_accepted(left: Sequence[Organisation], accepted: Collection[str]) -> None:
    """Raise LeavesWithoutApprover for organisations that the operator has not accepted."""
    unexpected = {each.public_id: each.name for each in left if each.public_id not in accepted}
    if unexpected:
        raise LeavesWithoutApprover(unexpected)


def announce(left: Sequence[Organisation], cause: str, *, without: Collection[int]) -> None:
    """Mail the operators, and the approvers of parent bodies: they can appoint another approver.

    cause: a sentence. without: accounts that get no mail.
    """
    pages = {
        operator: [(each.name, f"/ops/organisations/{each.public_id}") for each in left]
        for operator in actions.active_operators()
    }
    for organisation in left:
        for body in parents_of(organisation, now()):
            for approver in _accounts(facts.active_approvers(body.id).accounts):
                page = (organisation.name, f"/o/{body.public_id}/schools")
                pages.setdefault(approver, []).append(page)
    for recipient, organisations in pages.items():
        if recipient.id not in without:
            send_mail(
                to=recipient.email,
                template="console/no_approver_left",
                context={"cause": cause, "organisations": organisations},
            )


def _approving(
    bodies: Collection[str], accounts: Collection[int], at: datetime
) -> dict[Organisation, set[int]]:
    """Return the organisations within the bodies that some of the accounts approve for."""
    rows = db.session.execute(
        select(Organisation, Account.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Account.id.in_(accounts), can_approve(at))
    ).all()
    within = organisations_within(bodies, {row[0].public_id for row in rows}, at)
    found: dict[Organisation, set[int]] = {}
    for organisation, account_id in rows:
        if organisation.public_id in within:
            found.setdefault(organisation, set()).add(account_id)
    return found


def _accounts(ids: Collection[int]) -> Sequence[Account]:
    return db.session.scalars(select(Account).where(Account.id.in_(ids)).order_by(Account.id)).all()
