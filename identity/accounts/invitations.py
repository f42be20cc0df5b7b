"""Invitations: made, sent again, corrected, withdrawn, answered. All inside `writing()`.

The link's token is known only to the mail; here its hash is kept, and it goes with the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim, rows_changed
from app.identifiers import new_secret, secret_hash
from app.outbox import send_mail, withdraw_mail
from app.refusal import Refusal, RefusalError
from identity.accounts.invitation_limits import count_invitation
from identity.accounts.models import Invitation, InvitationState
from identity.accounts.names import clean_names
from identity.accounts.person import Person, actor_of
from identity.accounts.undelivered import mail_key
from identity.email_address import EmailAddress
from identity.settings import settings

REGISTRATION = "registration"
"""Sender of a link that a person asked for themselves."""
CLOSED = Refusal(
    "invitation_closed", "This invitation has been answered or withdrawn, or has ended."
)


def invite(
    email: EmailAddress,
    given_name: str,
    family_name: str,
    *,
    invited_by: str,
    sender: str,
    organisation_name: str | None,
) -> Invitation:
    """Offer an account, or access to an existing one, to whoever reads this address.

    The mail is the same whether or not the person has an account, so the inviting person learns
    nothing about it. `sender` is the public id of the inviting organisation, or empty. Raises
    RefusalError at the limit on invitations, and where a name is not fit for others to read.
    """
    given_name, family_name = clean_names(given_name, family_name)
    with writing() as session:
        invitation = Invitation(
            email=email.text,
            email_key=email.key,
            given_name=given_name,
            family_name=family_name,
            invited_by=invited_by,
            sender=sender,
            organisation_name=organisation_name,
            state=InvitationState.OPEN.value,
            created_at=now(),
        )
        session.add(invitation)
        _send(invitation)
        record("invitation.sent", invitation=invitation.public_id)
    return invitation


def resend(invitation: Invitation) -> None:
    """Send a new link; the old one is dead. Raises RefusalError."""
    with writing():
        _must_be_open(invitation)
        _send(invitation, urgent=True)
        record("invitation.resent", invitation=invitation.public_id)


def correct(invitation: Invitation, email: EmailAddress) -> None:
    """Correct the address: the link goes there, and the one sent before ends.

    Raises RefusalError.
    """
    with writing():
        _must_be_open(invitation)
        invitation.email = email.text
        invitation.email_key = email.key
        _send(invitation, urgent=True)
        record("invitation.corrected", invitation=invitation.public_id)


def withdraw(invitation: Invitation) -> None:
    """Withdraw the invitation: its link opens nothing any more. Raises RefusalError."""
    with writing():
        _must_be_open(invitation)
        _close(invitation, InvitationState.WITHDRAWN)
        record("invitation.withdrawn", invitation=invitation.public_id)


def lock_invitations(*conditions: ColumnElement[bool]) -> None:
    """Lock the invitations of these conditions, in one order. Must run inside `writing()`."""
    db.session.scalars(
        select(Invitation)
        .where(*conditions)
        .order_by(Invitation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def lock_open_at(*emails: EmailAddress) -> None:
    """Lock the open invitations of these addresses, expired or not, in one order."""
    lock_invitations(
        Invitation.email_key.in_([each.key for each in emails]),
        Invitation.state == InvitationState.OPEN.value,
    )


def redirect(
    former: EmailAddress, to: EmailAddress, *, only: Collection[str] | None = None
) -> list[str]:
    """Send the open invitations of a person's former address to the new one; return their ids.

    Their older links end. These mails count towards no limit, because no organisation sends them.
    only: public ids of the invitations to which this is limited.
    """
    found = db.session.scalars(_open_at(former).execution_options(populate_existing=True)).all()
    moved = [each for each in found if only is None or each.public_id in only]
    for invitation in moved:
        invitation.email, invitation.email_key = to.text, to.key
        _send(invitation, counted=False)
        record("invitation.redirected", invitation=invitation.public_id)
    return [invitation.public_id for invitation in moved]


def _open_at(email: EmailAddress) -> Select[Invitation]:
    return (
        select(Invitation)
        .where(Invitation.email_key == email.key, Invitation.can_be_answered(now()))
        .order_by(Invitation.id)
    )


def by_token(token: str) -> Invitation | None:
    """Return the open invitation of a link, expired or not; None for every other token."""
    found: Invitation | None = db.session.scalar(
        select(Invitation).where(
            Invitation.token_hash == secret_hash(token),
            Invitation.state == InvitationState.OPEN.value,
        )
    )
    return found


def by_public_id(public_id: str | None) -> Invitation | None:
    """Return the invitation of that id, in any state."""
    found: Invitation | None = db.session.scalar(
        select(Invitation).where(Invitation.public_id == public_id)
    )
    return found


def by_id(invitation_id: int | None) -> Invitation | None:
    """Return the invitation with this key, in any state."""
    return db.session.get(Invitation, invitation_id) if invitation_id is not None else None


def claim_answer(invitation: Invitation, token_hash: str, state: InvitationState) -> bool:
    """Answer the invitation, once, under the link that the person opened; False where too late."""
    at = now()
    claimed = claim(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.token_hash == token_hash,
            Invitation.can_be_answered(at),
        )
        .values(state=state.value, token_hash=None, closed_at=at)
    )
    if claimed:
        withdraw_mail(mail_key(invitation.public_id, token_hash))
        db.session.refresh(invitation)
    return claimed


def accepted_by(invitation: Invitation, account: Person) -> None:
    """Note whose the claimed invitation is."""
    invitation.account_id = account.id
    record(
        "invitation.accepted",
        actor=actor_of(account),
        subject=account.subject,
        invitation=invitation.public_id,
    )


def usable() -> Select[int]:
    """Return invitations whose link can still be answered."""
    return select(Invitation.id).where(Invitation.can_be_answered(now()))


def expire_all() -> None:
    """End every link now; a person who opens one can ask for another."""
    rows_changed(update(Invitation).where(Invitation.id.in_(usable())).values(expires_at=now()))


def _send(invitation: Invitation, *, urgent: bool = False, counted: bool = True) -> None:
    token, at = new_secret(), now()
    registers = invitation.sender == REGISTRATION
    _withdraw_mail(invitation)
    invitation.token_hash = secret_hash(token)
    invitation.expires_at = at + timedelta(days=settings().invitation_days)
    invitation.renewal_asked_at = None
    db.session.flush()
    if counted:
        count_invitation(invitation.sender, invitation.address, at)
    send_mail(
        to=invitation.email,
        template="accounts/registration" if registers else "accounts/invitation",
        context={
            "name": invitation.name,
            "invited_by": invitation.invited_by,
            "organisation": invitation.organisation_name,
            "expires_at": invitation.expires_at,
            "link": f"/invitation/{token}",
        },
        dedupe_key=mail_key(invitation.public_id, invitation.token_hash),
        expires_at=invitation.expires_at,
        urgent=urgent or registers,
    )


def _withdraw_mail(invitation: Invitation) -> None:
    """Withdraw the mail with the present link, which is about to stop working."""
    if invitation.token_hash is not None:
        withdraw_mail(mail_key(invitation.public_id, invitation.token_hash))


def _must_be_open(invitation: Invitation) -> None:
    db.session.refresh(invitation, with_for_update=True)
    if invitation.state != InvitationState.OPEN.value:
        raise RefusalError(CLOSED)


def _close(invitation: Invitation, state: InvitationState) -> None:
    _withdraw_mail(invitation)
    invitation.state = state.value
    invitation.token_hash = None
    invitation.closed_at = now()
