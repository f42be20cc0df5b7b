"""The owner of a new password, with the names that must not be in it."""

from __future__ import annotations

from identity.accounts.models import Invitation
from identity.accounts.person import Person
from identity.accounts.sent_invitation import sent_invitation
from identity.credentials.password_rules import Owner
from identity.ports import approvals


def password_owner(holder: Person | Invitation) -> Owner:
    """Return the person as the password rules see them."""
    return Owner(
        given_name=holder.given_name,
        family_name=holder.family_name,
        email=holder.email,
        names=approvals().forbidden_password_words(
            sent_invitation(holder) if isinstance(holder, Invitation) else holder
        ),
    )
