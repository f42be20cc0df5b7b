"""Mails about access that needs two people. Called inside `writing()`."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from app.actors import Actor
from app.database import db
from app.outbox import send_mail
from approvals.memberships.mails import actor_in_words
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.task_mails.actions import mail_decider
from identity.accounts.models import Account


def access_waits(
    organisation: Organisation,
    membership: Membership,
    access: str,
    actor: Actor,
    *,
    to: Collection[int],
    decision: str,
) -> None:
    """Ask the people (accounts) who may be the second approver to agree."""
    for account in db.session.scalars(
        select(Account).where(Account.id.in_(to)).order_by(Account.id)
    ):
        mail_decider(
            account,
            "memberships/access_waits",
            {
                "organisation": organisation.name,
                "actor": actor_in_words(actor),
                "person": membership.name,
                "email": membership.email,
                "access": access,
                "page": f"/waiting-access/{decision}",
            },
        )


def access_refused(
    organisation: Organisation,
    membership: Membership,
    access: str,
    actor: Actor,
    *,
    to: Account,
    reason: str,
) -> None:
    """Notify the person who gave the access, or who asked for it, that it was refused."""
    send_mail(
        to=to.email,
        template="memberships/access_refused",
        context={
            "organisation": organisation.name,
            "actor": actor_in_words(actor),
            "person": membership.name,
            "access": access,
            "reason": reason,
        },
    )
