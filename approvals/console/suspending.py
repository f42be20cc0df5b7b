"""Limits of a suspension: the last approver of an organisation, and the only operator."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db
from app.outbox import send_mail
from app.refusal import Refusal, RefusalError
from approvals.memberships import facts, queries
from approvals.operators import actions
from approvals.organisations.models import Organisation
from approvals.organisations.parents import parents_of
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.ports import LeavesWithoutApprover

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
    unexpected = {each.public_id: each.name for each in left if each.public_id not in accepted}
    if unexpected:
        raise LeavesWithoutApprover(unexpected)
    for organisation in left:
        record(
            "approver.none_left",
            actor=actor,
            organisation=organisation.public_id,
            subject=account.subject,
            person=account.name,
        )
    if left:
        _tell_deciders(account, left, actor, active)


def _tell_deciders(
    account: Person, left: Sequence[Organisation], actor: Actor, operators: Sequence[Account]
) -> None:
    """Mail the operators, and the approvers of parent bodies: they can appoint another approver."""
    pages = {
        operator: [(each.name, f"/ops/organisations/{each.public_id}") for each in left]
        for operator in operators
    }
    for organisation in left:
        for body in parents_of(organisation, now()):
            for approver in _accounts(facts.active_approvers(body.id).accounts):
                page = (organisation.name, f"/o/{body.public_id}/schools")
                pages.setdefault(approver, []).append(page)
    for recipient, organisations in pages.items():
        if recipient.id != account.id:
            send_mail(
                to=recipient.email,
                template="console/no_approver_left",
                context={
                    "person": account.name,
                    "actor": actor.name,
                    "organisations": organisations,
                },
            )


def _accounts(ids: Collection[int]) -> Sequence[Account]:
    return db.session.scalars(select(Account).where(Account.id.in_(ids)).order_by(Account.id)).all()
