"""Telling organisations that the account of one of their people was suspended or restored."""

from sqlalchemy import select

from app.actors import Actor
from app.audit import record
from app.database import db
from approvals.memberships import mails
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.person import Person


def announce(account: Person, actor: Actor, *, suspended: bool) -> None:
    """Record it in each organisation that the person belongs to, and mail its other approvers.

    Must run inside `writing()`, after the account's own row has changed.
    """
    state = "suspended" if suspended else "restored"
    rows = db.session.execute(
        select(Membership, Organisation)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.account_id == account.id,
            Membership.joined_at.is_not(None),
            Membership.open,
        )
        .order_by(Membership.id)
    )
    for membership, organisation in rows:
        record(
            f"membership.account_{state}",
            actor=actor,
            organisation=organisation.public_id,
            subject=account.subject,
            membership=membership.public_id,
            person=membership.name,
        )
        mails.mail_approvers(f"account_{state}", organisation, membership)
