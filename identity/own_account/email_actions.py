"""A change of one's email address: asked for, and confirmed at the new address."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import url_for
from sqlalchemy import ColumnElement, func, select

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret
from app.outbox import send_mail
from app.refusal import Refusal, RefusalError
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.credentials import reset_links
from identity.credentials.models import PasswordReset
from identity.credentials.reset import LinkOver, send_disavowable
from identity.credentials.take_back import Change, Details, TakeBack
from identity.email_address import EmailAddress
from identity.email_changes import actions, queries
from identity.email_changes.models import EmailChange
from identity.own_account import provider_rule
from identity.own_account.undelivered import taken_key
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.current_session import lock_session

OWN_LIFETIME = timedelta(hours=24)
APPROVERS_LIFETIME = timedelta(days=7)
MOST_A_DAY = 5
_DAY = timedelta(days=1)

SAME = Refusal("address_same", "This is the email address of the account already.")
TOO_MANY = Refusal(
    "too_many_address_changes",
    f"The address of an account can be changed {MOST_A_DAY} times a day. Try again tomorrow.",
)


def request_change(session: ActiveSession, email: EmailAddress) -> EmailChange:
    """Send a link to the address that the signed-in person wants to have.

    The same for an address that has an account: its owner gets another mail. Raises RefusalError
    and SessionOver.
    """
    with writing():
        account = lock_session(session)
        change = _begin(account, email, OWN_LIFETIME, asks=account.name)
        record("account.address_change_asked", actor=actor_of(account), subject=account.subject)
    return change


def begin_for(
    account: Account, email: EmailAddress, *, actor: Actor, organisation: str, place: str
) -> EmailChange:
    """Begin the change for an approver. Must run inside `writing()`.

    Nothing changes until the person, signed in with both factors, confirms it by the link. The
    mails name the approver. organisation: its public id. place: its name. Raises RefusalError.
    """
    locked = lock_access(account.id)
    if locked is None or not locked.active:
        raise RefusalError.of("not_active", "This person cannot sign in at present.")
    refusal = provider_rule.why_not_confirmed(locked)
    if refusal is not None:
        raise RefusalError(refusal)
    change = _begin(
        locked,
        email,
        APPROVERS_LIFETIME,
        asks=actor.persons_name,
        place=place,
        begun_by=actor.identifier,
        organisation=organisation,
    )
    send_mail(
        to=locked.email,
        template="own_account/address_change_begun",
        context={"name": locked.name, "asks": actor.persons_name, "place": place},
    )
    record("account.address_change_asked", actor=actor, subject=locked.subject)
    return change


def confirm_change(link: PasswordReset, session: ActiveSession, browser: Browser) -> EmailAddress:
    """Give the signed-in person the address to which the link was sent, and return it.

    The former address gets a mail with a link to undo the change. Raises LinkOver, RefusalError
    where another account has the address by now, and SessionOver.
    """
    former = session.account.address
    with writing():
        actions.lock(session.account)
        account = lock_session(session)
        change = queries.open_change(account.id, now())
        if (
            change is None
            or account.address != former
            or change.email_key != link.email_key
            or link.account_id != account.id
            or not reset_links.claim_link(link, browser)
            or not actions.apply(change, account)
        ):
            raise LinkOver
        _refuse_move(account, account.address)
        for purpose in (reset_links.RESET, reset_links.SECOND_STEP):
            reset_links.supersede(account.id, purpose)
        _announce(account, former)
        return account.address


def _refuse_move(account: Account, email: EmailAddress) -> None:
    refusal = provider_rule.why_not_moved(account, email)
    if refusal is not None:
        raise RefusalError(refusal)


def _begin(
    account: Account,
    email: EmailAddress,
    lifetime: timedelta,
    *,
    asks: str,
    place: str | None = None,
    begun_by: str | None = None,
    organisation: str | None = None,
) -> EmailChange:
    """Store the change in place of an earlier one, and send the mail. The account is locked."""
    at = now()
    if account.address == email:
        raise RefusalError(SAME)
    _refuse_move(account, email)
    if _since(at, EmailChange.account_id == account.id) >= MOST_A_DAY:
        raise RefusalError(TOO_MANY)
    crowded = _since(at, EmailChange.email_key == email.key) >= MOST_A_DAY
    actions.supersede_open(account.id)
    reset_links.supersede(account.id, reset_links.CONFIRM_ADDRESS)
    change = EmailChange(
        account_id=account.id,
        email=email.text,
        email_key=email.key,
        begun_by=begun_by,
        organisation=organisation,
        created_at=at,
        expires_at=at + lifetime,
    )
    db.session.add(change)
    db.session.flush()
    taken = queries.is_taken(email, at, but=account.id)
    if not crowded:
        _send(account, change, lifetime, taken=taken, asks=asks, place=place)
    return change


def _send(
    account: Account,
    change: EmailChange,
    lifetime: timedelta,
    *,
    taken: bool,
    asks: str,
    place: str | None,
) -> None:
    context: dict[str, object] = {"asks": asks, "person": account.name, "place": place}
    if taken:
        send_mail(
            to=change.email,
            template="own_account/address_taken",
            context=context,
            dedupe_key=taken_key(change),
        )
        return
    token = new_secret()
    link = reset_links.add(account, reset_links.CONFIRM_ADDRESS, token, lifetime, to=change.address)
    path = url_for("own_account.open_confirm", token=token, _external=False)
    send_mail(
        to=change.email,
        template="own_account/confirm_address",
        context={**context, "link": path, "expires_at": link.expires_at},
        dedupe_key=reset_links.mail_key(link.token_hash or ""),
        expires_at=link.expires_at,
        urgent=True,
    )


def _announce(account: Account, former: EmailAddress) -> None:
    """Mail the former address, with the link to undo the change."""
    send_disavowable(
        account,
        "own_account/address_changed",
        change=Change(TAKE_BACK.name, {"former_key": former.key}),
        to=former,
        lifetime=actions.REVERSIBLE,
        at=now(),
    )


def _put_back(account: Account, details: Details) -> None:
    actions.put_back(account, details["former_key"])


TAKE_BACK = TakeBack(
    "email_address", "the former email address is the address of your account again", _put_back
)


def _since(at: datetime, *conditions: ColumnElement[bool]) -> int:
    counted = select(func.count()).where(EmailChange.created_at > at - _DAY, *conditions)
    return db.session.scalar(counted) or 0
