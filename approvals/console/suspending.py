"""Limits of a suspension: the last approver of an organisation, and the only operator."""

from collections.abc import Collection

from sqlalchemy import select

from app.actors import Actor
from app.audit import record
from app.database import db
from app.refusal import Refusal, RefusalError
from approvals.memberships import facts, queries, without_approver
from approvals.operators import actions
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.accounts.person import Person

ONLY_OPERATOR = Refusal("only_operator", "This is the only operator. Add another operator first.")


def only_approver_of(account: Person) -> list[Organisation]:
    """Return the organisations in which no other person can approve, by name."""
    return [
        organisation
        for organisation in queries.approved_by(account.id)
        if facts.active_approvers(organisation.id).last(account.id)
    ]


def suspending(account: Person, accepted: Collection[str], actor: Actor) -> None:
    """Judge the suspension under the locks that it rests on; see `identity.ports.Approvals`."""
    active = actions.lock_active_operators()
    for organisation in sorted(queries.approved_by(account.id), key=lambda each: each.id):
        facts.lock_organisation(db.session(), organisation.id)
    if db.session.scalar(select(Account.suspended).where(Account.id == account.id)):
        return
    if [each.id for each in active] == [account.id]:
        raise RefusalError(ONLY_OPERATOR)
    left = only_approver_of(account)
    without_approver.check_accepted(left, accepted)
    for organisation in left:
        record(
            "approver.none_left",
            actor=actor,
            organisation=organisation.public_id,
            subject=account.subject,
            person=account.name,
        )
    if left:
        cause = f"{actor.name} suspended the account of {account.name}."
        without_approver.announce(left, cause, without={account.id})
