"""Requests about a person and invitations to their address: they end with the account."""

from __future__ import annotations

from sqlalchemy import select

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import db
from approvals.access_requests.actions import end_without_decision
from approvals.access_requests.facts import ACCESS_REQUEST
from approvals.memberships import facts
from approvals.memberships.actions.closing import close_membership
from approvals.memberships.models import Membership
from approvals.memberships.personal_details import lock_organisations
from approvals.operators.actions import is_invited, lock_active_operators, remove_operator
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Ending, end
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.invitations import lock_open_at
from identity.accounts.models import Account
from identity.accounts.person import actor_of


def lock_before_closing(*accounts: Account) -> None:
    """Lock what ends with the accounts, in the order of `memberships.facts`.

    Must run inside `writing()`, before `lock_to_close`.
    """
    lock_open_at(*(each.address for each in accounts))
    lock_active_operators()
    lock_organisations(*accounts)


def end_requests_and_invitations(account: Account, reason: str) -> None:
    """End what waits for a decision about the person, with the reason, and what waits for theirs.

    Must run under `lock_before_closing` and `lock_to_close`, before the account is closed.
    """
    person = actor_of(account)
    _end_decisions(account, reason)
    _decline_memberships(account, person)
    if is_invited(account.address):
        remove_operator(account.address, actor=person)


def _end_decisions(account: Account, reason: str) -> None:
    waiting = db.session.scalars(
        select(PendingDecision).where(
            PendingDecision.account_id == account.id, PendingDecision.ended_at.is_(None)
        )
    ).all()
    for each in waiting:
        if each.kind == ACCESS_REQUEST.name:
            end_without_decision(each, SYSTEM, reason)
        else:
            end(each, Ending.STOPPED, SYSTEM, reason=reason)


def _decline_memberships(account: Account, person: Actor) -> None:
    """End the memberships to which the person's address is invited."""
    rows = db.session.execute(
        select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.email_key == account.email_key,
            Membership.account_id.is_(None),
            Membership.open,
        )
        .order_by(Membership.id)
    ).all()
    for invited, organisation in rows:
        membership = facts.lock_membership(db.session(), invited)
        if membership.open and membership.account_id is None:
            close_membership(
                db.session(), membership, organisation, cause="declined", at=now(), actor=person
            )
            record(
                "membership.declined",
                actor=person,
                organisation=organisation.public_id,
                membership=membership.public_id,
                person=membership.name,
            )
