"""Links by mail: to set a new password, and to say that a sign-in was not one's own.

A link proves that somebody reads the mailbox, and nothing else: it signs nobody in, stands for no
second step, revives no suspended account. Each is single-use, bound to its purpose, superseded by
a newer one, and leaves the address for a journey as soon as it is opened.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import url_for
from sqlalchemy import Select, delete, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DatabaseSession

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret, secret_hash
from app.outbox import send_mail
from identity.accounts.email import clean_email, email_key
from identity.accounts.models import Account, Invitation, InvitationState
from identity.anonymous_rows import admit_row
from identity.credentials import password
from identity.credentials.models import PasswordReset, ResetJourney
from identity.sessions.browser import bound_browser, browser_hash
from identity.sessions.ending import Ending, end_access, lock_access
from identity.sessions.lookup import person
from identity.settings import settings
from identity.statements import rows_changed, whoever

RESET = "reset"
NOT_ME = "not-me"
_NOT_ME_LIFETIME = timedelta(days=7)
_HOUR = timedelta(hours=1)
# For so long the browser that used a link may try to sign in whatever others guess meanwhile.
_VOUCHED = timedelta(hours=1)

log = structlog.get_logger()


def ask(email: str) -> None:
    """Send a reset link, or a mail that explains why there is none: the same work for anybody.

    Raises ValueError with a sentence where `email` is no address.
    """
    address, key = clean_email(email), email_key(email)
    try:
        with writing():
            _send(address, key)
    except IntegrityError:
        # Two requests for one address at the same instant: one of them was served.
        log.info("a parallel reset request was dropped")
    except _EnoughForNow:
        with writing():
            record("password.reset_asked", actor=ANONYMOUS, outcome="too many in an hour")


def open_link(token: str, purpose: str) -> ResetJourney | None:
    """A journey of this browser for a link that may still be used, else None. Uses nothing up."""
    with writing() as session:
        link = session.scalar(
            select(PasswordReset).where(
                PasswordReset.token_hash == secret_hash(token), PasswordReset.purpose == purpose
            )
        )
        if link is None or holder(link) is None:
            return None
        admit_row()
        journey = ResetJourney(
            browser_hash=bound_browser(), reset_id=link.id, expires_at=link.expires_at
        )
        session.add(journey)
        session.flush()
    return journey


def find(public_id: str | None, purpose: str) -> tuple[PasswordReset, Account] | None:
    """The link behind a journey of this browser, and whose it is; None where it works no more."""
    browser = browser_hash()
    if not public_id or browser is None:
        return None
    link = db.session.scalar(
        select(PasswordReset)
        .join(ResetJourney, ResetJourney.reset_id == PasswordReset.id)
        .where(
            ResetJourney.public_id == public_id,
            ResetJourney.browser_hash == browser,
            PasswordReset.purpose == purpose,
        )
    )
    account = holder(link) if link is not None else None
    return (link, account) if link is not None and account is not None else None


def was_used_here(public_id: str | None) -> bool:
    """Return whether this browser set a password by the link of this journey, within the hour."""
    browser = browser_hash()
    if not public_id or browser is None:
        return False
    used = db.session.scalar(
        select(PasswordReset.id)
        .join(ResetJourney, ResetJourney.reset_id == PasswordReset.id)
        .where(
            ResetJourney.public_id == public_id,
            PasswordReset.used_by_browser == browser,
            PasswordReset.purpose == RESET,
            PasswordReset.used_at > now() - _HOUR,
        )
    )
    return used is not None


def holder(link: PasswordReset) -> Account | None:
    """Whose password the link sets, where it still may be used."""
    if link.used_at is not None or link.superseded_at is not None or link.expires_at <= now():
        return None
    account = db.session.get(Account, link.account_id) if link.account_id else None
    return account if account is not None and account.active else None


def set_password(link: PasswordReset, account: Account, password_hash: str) -> bool:
    """Use the link up and set the password; False where the link no longer works."""
    with writing():
        locked = lock_access(account.id)
        if locked is None or not locked.active or not _claim(link):
            return False
        password.store(account.id, password_hash)
        end_access(account.id, cause="password reset")
        # The person who reads the mailbox has chosen the password: earlier "not me" links are over.
        _supersede(account.id, NOT_ME)
        record("password.reset", actor=person(account), subject=account.subject)
        send_mail(
            to=account.email,
            template="credentials/password_changed",
            context={"name": account.name, "at": now(), "by_link": True},
        )
    return True


def disavowal_path(account: Account) -> str:
    """A path for a mail about a sign-in: there its reader says "not me". In `writing()`."""
    token = new_secret()
    _add(account.email_key, account, NOT_ME, token, _NOT_ME_LIFETIME)
    return url_for("credentials.open_not_me", token=token, _external=False)


def disavow(link: PasswordReset, account: Account) -> ResetJourney | None:
    """End everything the person holds; return the journey on which they set a new password.

    The password that somebody else knows signs nobody in from now on. None where the link no
    longer works.
    """
    with writing() as session:
        locked = lock_access(account.id)
        if locked is None or not locked.active or not _claim(link):
            return None
        end_access(account.id, cause="not me")
        password.forget(account.id)
        record("sign_in.disavowed", actor=person(account), subject=account.subject)
        lifetime = timedelta(minutes=settings().reset_minutes)
        successor = _add(account.email_key, account, RESET, None, lifetime)
        session.flush()
        journey = ResetJourney(
            browser_hash=bound_browser(), reset_id=successor.id, expires_at=successor.expires_at
        )
        session.add(journey)
        session.flush()
    return journey


def used_in_browser(account_id: int | None, browser: str | None) -> int | None:
    """The link that this browser has just used for that person, or None."""
    found: int | None = db.session.scalar(
        select(func.max(PasswordReset.id)).where(
            PasswordReset.account_id == whoever(account_id),
            PasswordReset.used_by_browser == browser,
            PasswordReset.purpose == RESET,
            PasswordReset.used_at > now() - _VOUCHED,
        )
    )
    return found


def supersede_links(ending: Ending) -> None:
    """The reset links' channel of `end_access`.

    The "not me" link outlives a change that was made inside a session: a thief who changes the
    password must not take the link from the owner.
    """
    if ending.everything:
        _supersede(ending.account_id, RESET)


def usable() -> Select[int]:
    """Links that can still be used, of both purposes."""
    return select(PasswordReset.id).where(
        PasswordReset.account_id.is_not(None),
        PasswordReset.used_at.is_(None),
        PasswordReset.superseded_at.is_(None),
        PasswordReset.expires_at > now(),
    )


def supersede_all() -> None:
    """No link works any more; whoever needs one asks for it."""
    rows_changed(
        update(PasswordReset).where(PasswordReset.id.in_(usable())).values(superseded_at=now())
    )


def purge_links(_session: DatabaseSession) -> int:
    """Links that ran out a day ago; until then they count towards the hour's limit."""
    long_ago = now() - timedelta(days=1)
    rows_changed(delete(ResetJourney).where(ResetJourney.expires_at < long_ago))
    return rows_changed(delete(PasswordReset).where(PasswordReset.expires_at < long_ago))


class _EnoughForNow(Exception):
    """This address was sent its mails of the hour."""


def _send(address: str, key: str) -> None:
    account = db.session.scalar(select(Account).where(Account.email_key == key))
    active = account is not None and account.active
    token = new_secret() if active else None
    minutes = settings().reset_minutes
    # The row comes first: its number is the address's turn, for which parallel requests queue,
    # and what is counted and superseded below includes all that came before it.
    lifetime = timedelta(minutes=minutes)
    owner = account if active else None
    link = _add(key, owner, RESET, token, lifetime, number=_turn(key))
    if _recent(key) > settings().reset_mails_per_hour:
        raise _EnoughForNow
    if account is not None and token is not None:
        _supersede(account.id, RESET, but=link.id)
        path = url_for("credentials.open_reset", token=token, _external=False)
        context = {"name": account.name, "link": path, "minutes": minutes}
        send_mail(to=account.email, template="credentials/reset", context=context)
        outcome = "link sent"
    else:
        outcome = _why_no_link(account, key)
        send_mail(
            to=account.email if account else address,
            template="credentials/reset_explained",
            context={"reason": outcome},
        )
    record(
        "password.reset_asked",
        actor=ANONYMOUS,
        subject=account.subject if account else None,
        outcome=outcome,
    )


def _recent(key: str) -> int:
    counted = select(func.count()).where(
        PasswordReset.email_key == key,
        PasswordReset.purpose == RESET,
        PasswordReset.created_at > now() - _HOUR,
    )
    return db.session.scalar(counted) or 0


def _supersede(account_id: int, purpose: str, *, but: int | None = None) -> None:
    rows_changed(
        update(PasswordReset)
        .where(
            PasswordReset.account_id == account_id,
            PasswordReset.purpose == purpose,
            PasswordReset.id != but if but is not None else true(),
            PasswordReset.used_at.is_(None),
            PasswordReset.superseded_at.is_(None),
        )
        .values(superseded_at=now())
    )


def _why_no_link(account: Account | None, key: str) -> str:
    if account is not None and account.suspended_at is not None:
        return "suspended"
    invited = db.session.scalar(
        select(Invitation.id).where(
            Invitation.email_key == key,
            Invitation.state == InvitationState.OPEN.value,
            Invitation.expires_at > now(),
        )
    )
    return "invited" if invited is not None else "no account"


def _turn(key: str) -> int:
    """The next number of this address; of two transactions that take it, one fails."""
    last = db.session.scalar(
        select(func.max(PasswordReset.number)).where(PasswordReset.email_key == key)
    )
    return (last or 0) + 1


def _add(
    key: str,
    account: Account | None,
    purpose: str,
    token: str | None,
    lifetime: timedelta,
    *,
    number: int | None = None,
) -> PasswordReset:
    moment = now()
    link = PasswordReset(
        purpose=purpose,
        email_key=key,
        number=number,
        account_id=account.id if account else None,
        token_hash=secret_hash(token) if token else None,
        created_at=moment,
        expires_at=moment + lifetime,
    )
    db.session.add(link)
    db.session.flush()
    return link


def _claim(link: PasswordReset) -> bool:
    claimed = rows_changed(
        update(PasswordReset)
        .where(
            PasswordReset.id == link.id,
            PasswordReset.used_at.is_(None),
            PasswordReset.superseded_at.is_(None),
            PasswordReset.expires_at > now(),
        )
        .values(used_at=now(), used_by_browser=browser_hash())
    )
    return claimed == 1
