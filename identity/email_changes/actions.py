"""The change itself: the account gets another address, or its former one again.

All inside `writing()`. `lock` comes first, so that every transaction locks invitations,
organisations and the account in the same order as joining and the approvers' acts.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import update

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db
from app.database.single_use import claim, rows_changed, unique_or
from app.outbox import send_mail
from app.refusal import Refusal, RefusalError
from identity.accounts import invitations
from identity.accounts.models import Account
from identity.accounts.person import Person, PersonalDetails, actor_of
from identity.email_address import EmailAddress
from identity.email_changes import queries
from identity.email_changes.models import EmailChange
from identity.ports import approvals

REVERSIBLE = timedelta(hours=72)
TAKEN = Refusal(
    "address_taken", "This email address belongs to another account now. Use another address."
)


def lock(account: Person) -> None:
    """Lock what a change of the address touches besides the account itself."""
    invitations.lock_open_at(account.address)
    approvals().details_changing(account)


def supersede_open(account_id: int) -> None:
    """End the changes of the person that wait to be confirmed."""
    rows_changed(
        update(EmailChange)
        .where(
            EmailChange.account_id == account_id,
            EmailChange.confirmed_at.is_(None),
            EmailChange.superseded_at.is_(None),
        )
        .values(superseded_at=now())
    )


def apply(change: EmailChange, account: Account) -> bool:
    """Give the account, which is locked, the new address; return False if the change is over.

    Raises RefusalError where another account has the address.
    """
    at, former = now(), account.address
    if not claim(
        update(EmailChange)
        .where(EmailChange.id == change.id, EmailChange.is_open(at))
        .values(
            confirmed_at=at,
            reversible_until=at + REVERSIBLE,
            former_email=former.text,
            former_email_key=former.key,
        )
    ):
        return False
    if queries.is_taken(change.address, at, but=account.id):
        raise RefusalError(TAKEN)
    moved = _move(account, change.address, "account.address_changed", actor_of(account))
    db.session.refresh(change)
    change.moved_invitations = moved
    return True


def put_back(account: Account, former_key: str) -> bool:
    """Give the account, which is locked, its former address again.

    Later changes are undone with the one that left the address. The caller ends the sessions of the
    person. False where no change can be put back.
    """
    at, left = now(), account.address
    change = queries.reversible_change(account.id, former_key, at)
    if change is None or queries.is_taken(change.former_address, at, but=account.id):
        return False
    undone = (
        update(EmailChange)
        .where(
            EmailChange.account_id == account.id,
            EmailChange.id >= change.id,
            EmailChange.is_reversible(at),
        )
        .values(undone_at=at)
        .returning(EmailChange.moved_invitations)
    )
    moved = [each for row in db.session.scalars(undone) for each in row]
    supersede_open(account.id)
    former = change.former_address
    _move(account, former, "account.address_put_back", actor_of(account), only=moved)
    for address in (former, left):
        send_mail(
            to=address.text,
            template="own_account/address_put_back",
            context={"name": account.name, "at": at},
        )
    return True


def _move(
    account: Account,
    address: EmailAddress,
    event: str,
    actor: Actor,
    *,
    only: Collection[str] | None = None,
) -> list[str]:
    """Write the address, and redirect invitations; return the public ids of these."""
    before, left = PersonalDetails.of(account), account.address
    # Another person may join at this address at the same moment.
    with unique_or(RefusalError(TAKEN)):
        account.email, account.email_key = address.text, address.key
        account.updated_at = now()
    moved = invitations.redirect(left, address, only=only)
    record(
        event,
        actor=actor,
        subject=account.subject,
        before={"email": before.email},
        after={"email": account.email},
    )
    approvals().details_changed(account, before, actor)
    return moved
