"""Resetting a password by mail, and saying that a sign-in was not one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import url_for
from sqlalchemy import func, select

from app.actors import ANONYMOUS, Actor
from app.audit import record
from app.clock import now
from app.composition import ExtensionPoint
from app.database import db, writing
from app.identifiers import new_secret
from app.outbox import send_mail
from identity.access_termination import end_access, lock_access
from identity.accounts.models import Account, Invitation
from identity.accounts.person import Person, actor_of
from identity.accounts.queries import account_at
from identity.credentials import other_providers, password, reset_links, take_back
from identity.credentials.hashing import hash_password
from identity.credentials.models import PasswordReset, ResetJourney
from identity.credentials.password_context import password_owner
from identity.credentials.reset_links import NOT_ME, RESET
from identity.credentials.take_back import Change
from identity.email_address import EmailAddress
from identity.email_changes import actions as email_changes
from identity.email_changes.queries import account_formerly_at
from identity.sessions.browser import Browser
from identity.settings import settings

_NOT_ME_LIFETIME = timedelta(days=7)
_HOUR = timedelta(hours=1)

WHEN_RESET = ExtensionPoint[Callable[[Account], None]]("acts when a password is reset by a link")
"""Each runs in the transaction of the reset."""

log = structlog.get_logger()


SENT = "link sent"
"""Outcome of a request that got a link."""


def request_reset(
    email: EmailAddress, *, by: Actor = ANONYMOUS, organisation: str | None = None
) -> str:
    """Send a reset link, or a mail that explains why there is none: the same work for anybody.

    by: an approver or operator who asks for the person. organisation: public id of the approver's.
    Return the outcome as the audit has it, for them alone.
    """
    try:
        with writing():
            return _send(email, by, organisation)
    except _EnoughForNow:
        outcome = "too many in an hour"
        with writing():
            record("password.reset_asked", actor=by, organisation=organisation, outcome=outcome)
        return outcome


class LinkOver(Exception):
    """The link was used, superseded or has expired meanwhile, or its owner was suspended."""


def set_password(
    link: PasswordReset, account: Account, chosen: str, browser: Browser
) -> str | None:
    """Use the link up and set the password, or return why the password is refused.

    Raises LinkOver.
    """
    refusal = password.why_refused(chosen, password_owner(account))
    if refusal is not None:
        return refusal
    password_hash = hash_password(chosen)
    with writing():
        _claim(link, account, browser)
        password.store(account.id, password_hash)
        end_access(account.id, cause="password reset")
        for act in WHEN_RESET.values():
            act(account)
        # The person who reads the mailbox has chosen the password: earlier "not me" links are over.
        reset_links.supersede(account.id, NOT_ME, sent_to=link.email_key)
        record("password.reset", actor=actor_of(account), subject=account.subject)
        send_mail(
            to=account.email,
            template="credentials/password_changed",
            context={"name": account.name, "at": now(), "by_link": True},
        )
    return None


def send_disavowable(
    account: Person,
    template: str,
    *,
    change: Change | None = None,
    to: EmailAddress | None = None,
    lifetime: timedelta = _NOT_ME_LIFETIME,
    **context: object,
) -> None:
    """Send a mail with a link to say "this was not me". Must run inside `writing()`.

    change: what the mail tells of, and what the link takes back. to: where the mail goes, if not to
    the account's address. The link works for `lifetime`, or until a reset by link.
    """
    token = new_secret()
    link = reset_links.add(account, NOT_ME, token, lifetime, change, to=to)
    # Commands and the worker send such mails too, and outside requests Flask builds no addresses.
    context |= {"link": f"/not-me/{token}", "expires_at": link.expires_at}
    _send_link(account, link, template, context, to=to)


def disavow(link: PasswordReset, account: Account, browser: Browser) -> ResetJourney:
    """End all access, take back what the mail told of, and return the journey to a new password.

    Later changes that were announced are taken back as well. The password that somebody else knows
    signs nobody in from now on. Raises LinkOver.
    """
    with writing():
        email_changes.lock(account)
        _claim(link, account, browser)
        changes = reset_links.changes_since(link)
        end_access(account.id, cause="not me")
        password.PASSWORD.forget(account.id)
        # The links about changes that are taken back here would take back the owner's next ones.
        reset_links.supersede(account.id, NOT_ME, sent_to=link.email_key, since=link.id)
        take_back.undo(changes, account)
        record(
            "sign_in.disavowed",
            actor=actor_of(account),
            subject=account.subject,
            taken_back=[change.name for change in changes],
        )
        lifetime = timedelta(minutes=settings().reset_minutes)
        successor = reset_links.add(account, RESET, None, lifetime)
        return reset_links.begin(successor, browser, counted=False)


def _claim(link: PasswordReset, account: Account, browser: Browser) -> None:
    """Lock the account and use the link up. Raises LinkOver.

    A reset link that was sent to the account's former address first puts that address back, for as
    long as this is possible.
    """
    present = account.email_key
    former = link.purpose == RESET and link.email_key != present
    if former:
        email_changes.lock(account)
    locked = lock_access(account.id)
    if locked is None or not locked.active or locked.email_key != present:
        raise LinkOver
    if not reset_links.claim_link(link, browser):
        raise LinkOver
    if former and not email_changes.put_back(locked, link.email_key):
        raise LinkOver


class _EnoughForNow(Exception):
    """This address was sent its mails of the hour."""


def _send(email: EmailAddress, by: Actor, organisation: str | None) -> str:
    key = email.key
    # All are read for everybody: the same work for known and unknown addresses.
    provider = other_providers.provider_of_address(email.text)
    elsewhere = provider is not None and provider.only
    present, former = account_at(email), account_formerly_at(email, now())
    account = present or former
    active = account is not None and account.active and not elsewhere
    token = new_secret() if active else None
    minutes = settings().reset_minutes
    # The row comes first: parallel requests for the address wait for it, and the rows counted and
    # superseded below include all that came before it.
    owner = account if active else None
    link = reset_links.add_requested(key, owner, token, timedelta(minutes=minutes))
    if link is None:
        log.info("a parallel reset request was dropped")
        return "dropped"
    if _recent(key) > settings().reset_mails_per_hour:
        raise _EnoughForNow
    if account is not None and token is not None:
        reset_links.supersede(account.id, RESET, but=link.id, sent_to=key)
        path = url_for("credentials.open_reset", token=token, _external=False)
        asked_by = "Somebody" if by == ANONYMOUS else by.name
        context = {
            "link": path,
            "minutes": minutes,
            "former": present is None,
            "asked_by": asked_by,
        }
        _send_link(account, link, "credentials/reset", context, to=None if present else email)
        outcome = SENT
    else:
        outcome = "elsewhere" if elsewhere else _why_no_link(account, key)
        send_mail(
            to=present.email if present else email.text,
            template="credentials/reset_explained",
            context={"reason": outcome, "provider": provider.name if provider else ""},
        )
    record(
        "password.reset_asked",
        actor=by,
        organisation=organisation,
        subject=account.subject if account else None,
        outcome=outcome,
    )
    return outcome


def _send_link(
    account: Person,
    link: PasswordReset,
    template: str,
    context: dict[str, object],
    *,
    to: EmailAddress | None = None,
) -> None:
    send_mail(
        to=to.text if to else account.email,
        template=template,
        context={"name": account.name, **context},
        dedupe_key=reset_links.mail_key(link.token_hash) if link.token_hash else None,
        expires_at=link.expires_at,
        urgent=True,
    )


def _recent(key: str) -> int:
    counted = select(func.count()).where(
        PasswordReset.email_key == key,
        PasswordReset.purpose == RESET,
        PasswordReset.created_at > now() - _HOUR,
    )
    return db.session.scalar(counted) or 0


def _why_no_link(account: Account | None, key: str) -> str:
    if account is not None and account.suspended:
        return "suspended"
    invited = db.session.scalar(
        select(Invitation.id).where(
            Invitation.email_key == key,
            Invitation.can_be_answered(now()),
        )
    )
    return "invited" if invited is not None else "no account"
