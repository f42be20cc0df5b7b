"""The link with which a person replaces a lost second step, and how a reset is stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.database import db
from app.identifiers import new_secret
from app.outbox import send_mail
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.credentials import reset_links
from identity.credentials.models import PasswordReset
from identity.credentials.reset_links import SECOND_STEP
from identity.credentials.take_back import Change, Details
from identity.email_changes.queries import last_begun_by_approver
from identity.ports import approvals

LIFETIME = timedelta(days=7)
AFTER_ADDRESS_CHANGE = timedelta(days=7)
"""Time after a change of the address that an approver began, in which no reset takes effect."""
RESET = Change("second step reset", {})
"""The reset itself, as "this was not me" in answer to its notices takes it back."""
_DECISION = "second step link"


def earliest_reset(account_id: int) -> datetime | None:
    """Return the earliest moment of a reset after an address change that an approver began.

    None where no approver began one.
    """
    begun_at = last_begun_by_approver(account_id)
    return begun_at + AFTER_ADDRESS_CHANGE if begun_at is not None else None


def send_link(account: Account, decision: str) -> None:
    """Mail the link that opens the reset. Must run inside `writing()`, the account locked.

    decision: public id of the decision that takes effect.
    """
    withdraw_links(account)
    token = new_secret()
    link = reset_links.add(
        account, SECOND_STEP, token, LIFETIME, Change(_DECISION, {"decision": decision})
    )
    send_mail(
        to=account.email,
        template="recovery/second_step_link",
        context={
            "name": account.name,
            "link": f"/second-step-reset/{token}",
            "days": LIFETIME.days,
        },
        dedupe_key=reset_links.mail_key(link.token_hash) if link.token_hash else None,
        expires_at=link.expires_at,
        urgent=True,
    )


def decision_of(link: PasswordReset) -> str:
    """Return the public id of the decision behind the link."""
    change = Change.of(link.change)
    return change.details["decision"] if change is not None else ""


def link_sent_at(account: Person) -> datetime | None:
    """Return when the link that is still open was sent, or None where there is none."""
    found: datetime | None = db.session.scalar(
        select(PasswordReset.created_at)
        .where(
            PasswordReset.id.in_(reset_links.usable()),
            PasswordReset.account_id == account.id,
            PasswordReset.purpose == SECOND_STEP,
        )
        .order_by(PasswordReset.id.desc())
        .limit(1)
    )
    return found


def withdraw_links(account: Account) -> bool:
    """End the links that are open, and return whether there was one. Inside `writing()`."""
    was_open = link_sent_at(account) is not None
    reset_links.supersede(account.id, SECOND_STEP)
    return was_open


def stop(account: Account, _details: Details) -> None:
    """Stop the reset: what "this was not me" does with `RESET`. Must run inside `writing()`."""
    approvals().stop_second_step_reset(account)
