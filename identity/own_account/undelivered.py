"""Whether the mail about a change of address reached the new address.

The approver who began the change learns of a refusal in the same way whether or not the address
belongs to another account.
"""

from __future__ import annotations

from sqlalchemy import select

from app.database import db
from identity.accounts.undelivered import FailedMail, failed_mail
from identity.credentials import reset_links
from identity.credentials.models import PasswordReset
from identity.email_changes.models import EmailChange


def taken_key(change: EmailChange) -> str:
    """Return the `dedupe_key` of the mail to an address that belongs to another account."""
    return f"address taken {change.id}"


def failed_mail_of_change(change: EmailChange) -> FailedMail | None:
    """Return the failure of the mail to the new address, or None if it did not fail."""
    token_hash = db.session.scalar(
        select(PasswordReset.token_hash)
        .where(
            PasswordReset.account_id == change.account_id,
            PasswordReset.purpose == reset_links.CONFIRM_ADDRESS,
            PasswordReset.email_key == change.email_key,
            PasswordReset.created_at >= change.created_at,
        )
        .order_by(PasswordReset.id.desc())
        .limit(1)
    )
    keys = [taken_key(change)]
    if token_hash is not None:
        keys.append(reset_links.mail_key(token_hash))
    return failed_mail(*keys)
