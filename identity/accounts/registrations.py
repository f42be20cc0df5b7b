"""People who ask for an account themselves: a link to their address, by which they join.

The link is that of an invitation without an organisation. The work is the same for every address,
with and without an account, so that neither the answer nor its time reveals one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import bindparam, select

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import CompiledQuery, db, writing
from app.database.single_use import insert_unless_present
from app.refusal import RefusalError
from app.retention import Expired
from identity.accounts import invitations
from identity.accounts.invitation_limits import LIMITS
from identity.accounts.invitations import REGISTRATION
from identity.accounts.models import Invitation, InvitationState, Registration
from identity.email_address import EmailAddress

_add = insert_unless_present(Registration)


class _InvitationRow(Protocol):
    id: int


_REGISTERED: CompiledQuery[_InvitationRow] = CompiledQuery(
    select(Invitation.id)
    .where(Invitation.account_id == bindparam("account"), Invitation.sender == REGISTRATION)
    .limit(1)
)


def ask_for_account(email: EmailAddress) -> None:
    """Send a link to the address, a new one in place of an earlier one.

    At the limit on mails nothing is sent, and the answer is the same. Strangers share the limit of
    an address, so nobody can fill a mailbox.
    """
    try:
        with writing():
            _lock(email)
            _send(email)
            record("registration.asked", actor=ANONYMOUS, outcome="link sent")
    except RefusalError as error:
        with writing():
            record("registration.asked", actor=ANONYMOUS, outcome=error.refusal.code)


def is_registration(invitation: Invitation) -> bool:
    """Return whether the person asked for the link themselves."""
    return invitation.sender == REGISTRATION


def has_registered(account_id: int) -> bool:
    """Return whether the person once joined, or signed in, by a link that they asked for."""
    return _REGISTERED.one(account=account_id) is not None


def expired() -> Sequence[Expired]:
    """Return the addresses whose requests no limit looks at any more."""
    longest = max(period for _, period in LIMITS)
    return [Expired(Registration, Registration.asked_at < now() - 2 * longest)]


def _lock(email: EmailAddress) -> None:
    """Lock the address, so that parallel requests for it are counted one after the other."""
    _add(email_key=email.key, asked_at=now())
    db.session.scalars(
        select(Registration).where(Registration.email_key == email.key).with_for_update()
    ).one()


def _send(email: EmailAddress) -> None:
    open_one = db.session.scalar(
        select(Invitation)
        .where(
            Invitation.email_key == email.key,
            Invitation.sender == REGISTRATION,
            Invitation.state == InvitationState.OPEN.value,
        )
        .order_by(Invitation.id.desc())
        .limit(1)
    )
    if open_one is not None:
        invitations.resend(open_one)
    else:
        invitations.invite(
            email, "", "", invited_by="", sender=REGISTRATION, organisation_name=None
        )
