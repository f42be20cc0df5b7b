"""Links by mail: to set a new password, and to say that a sign-in was not one's own.

A link proves that its reader reads the mailbox, and nothing else: it signs nobody in, stands for no
second step, revives no suspended account. Each is single-use, bound to its purpose, superseded by
a newer one, and leaves the address for a journey as soon as it is opened. A mail that still waits
is withdrawn in the transaction that ends its link.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, func, select, true, update

from app.clock import now
from app.database import db, writing
from app.database.single_use import account_parameter, claim, insert_unless_present, rows_changed
from app.identifiers import secret_hash
from app.journeys import Phase
from app.outbox import withdraw_mail
from app.retention import Expired
from identity.access_termination import Termination
from identity.accounts.models import Account
from identity.credentials.models import PasswordReset, ResetJourney
from identity.credentials.take_back import Change
from identity.sessions.browser import Browser
from identity.sessions.browser_journeys import BrowserJourneys

RESET = "reset"
NOT_ME = "not-me"
# For so long the browser that used a link may try to sign in whatever others guess meanwhile.
_VOUCHED = timedelta(hours=1)
_JOURNEYS = BrowserJourneys(
    ResetJourney, owner=[ResetJourney.browser_hash], expires=ResetJourney.expires_at
)
_add_numbered = insert_unless_present(PasswordReset)


def open_link(token: str, purpose: str, browser: Browser) -> ResetJourney | None:
    """Begin a journey of the browser for a link that still works, else return None.

    Uses nothing up.
    """
    with writing() as session:
        link = session.scalar(
            select(PasswordReset).where(
                PasswordReset.token_hash == secret_hash(token), PasswordReset.purpose == purpose
            )
        )
        if link is None or holder(link) is None:
            return None
        return begin(link, browser)


def begin(link: PasswordReset, browser: Browser, *, counted: bool = True) -> ResetJourney:
    """Begin a journey of the browser for the link, for as long as the link works.

    counted: see `BrowserJourneys`. Raises TooManyRequests.
    """
    return _JOURNEYS.begin_in(
        browser,
        ResetJourney(
            browser_hash=browser.secret_hash, reset_id=link.id, expires_at=link.expires_at
        ),
        counted=counted,
    )


def find(
    public_id: str | None, purpose: str, browser: Browser
) -> tuple[PasswordReset, Account] | None:
    """Return the link behind the browser's journey and its account, or None if it has ended."""
    link = _link(_JOURNEYS.find(public_id, browser.secret_hash), purpose)
    account = holder(link) if link is not None else None
    return (link, account) if link is not None and account is not None else None


def was_used_in(public_id: str | None, browser: Browser) -> bool:
    """Return whether the browser set a password by the link of this journey, within the hour."""
    link = _link(_JOURNEYS.find(public_id, browser.secret_hash, phase=Phase.ANY), RESET)
    return (
        link is not None
        and link.used_by_browser == browser.secret_hash
        and link.used_at is not None
        and link.used_at > now() - _VOUCHED
    )


def _link(journey: ResetJourney | None, purpose: str) -> PasswordReset | None:
    link = db.session.get(PasswordReset, journey.reset_id) if journey is not None else None
    return link if link is not None and link.purpose == purpose else None


def holder(link: PasswordReset) -> Account | None:
    """Return whose password the link sets, if it can still be used."""
    if link.used_at is not None or link.superseded_at is not None or link.expires_at <= now():
        return None
    account = db.session.get(Account, link.account_id) if link.account_id else None
    return account if account is not None and account.active else None


def used_in_browser(account_id: int | None, browser: Browser) -> int | None:
    """Return the link that the browser has just used for that person, or None."""
    found: int | None = db.session.scalar(
        select(func.max(PasswordReset.id)).where(
            PasswordReset.account_id == account_parameter(account_id),
            PasswordReset.used_by_browser == browser.secret_hash,
            PasswordReset.purpose == RESET,
            PasswordReset.used_at > now() - _VOUCHED,
        )
    )
    return found


def add(
    account: Account,
    purpose: str,
    token: str | None,
    lifetime: timedelta,
    change: Change | None = None,
) -> PasswordReset:
    """Add a link that its owner did not request. Must run inside `writing()`.

    change: what the mail with the link tells of.
    """
    moment = now()
    link = PasswordReset(
        purpose=purpose,
        email_key=account.email_key,
        account_id=account.id,
        token_hash=secret_hash(token) if token else None,
        created_at=moment,
        expires_at=moment + lifetime,
        change=change.stored() if change is not None else None,
    )
    db.session.add(link)
    db.session.flush()
    return link


def add_requested(
    key: str, account: Account | None, token: str | None, lifetime: timedelta
) -> PasswordReset | None:
    """Add the link of a request, or the row of a request that gets none.

    The rows of an address are numbered, and parallel requests wait for each other here. None where
    another request took the number. Must run inside `writing()`.
    """
    moment = now()
    last = db.session.scalar(
        select(func.max(PasswordReset.number)).where(PasswordReset.email_key == key)
    )
    number = (last or 0) + 1
    if not _add_numbered(
        purpose=RESET,
        email_key=key,
        number=number,
        account_id=account.id if account else None,
        token_hash=secret_hash(token) if token else None,
        created_at=moment,
        expires_at=moment + lifetime,
    ):
        return None
    return db.session.scalars(
        select(PasswordReset).where(PasswordReset.email_key == key, PasswordReset.number == number)
    ).one()


def mail_key(token_hash: str) -> str:
    """Return the deduplication key of the mail that carries the link."""
    return f"link {token_hash}"


def claim_link(link: PasswordReset, browser: Browser) -> bool:
    """Use the link up in the browser; return False if it was used or superseded."""
    claimed = claim(
        update(PasswordReset)
        .where(
            PasswordReset.id == link.id,
            PasswordReset.used_at.is_(None),
            PasswordReset.superseded_at.is_(None),
            PasswordReset.expires_at > now(),
        )
        .values(used_at=now(), used_by_browser=browser.secret_hash)
    )
    if claimed and link.token_hash is not None:
        withdraw_mail(mail_key(link.token_hash))
    return claimed


def changes_since(link: PasswordReset) -> list[Change]:
    """Return the change that the mail of this link tells of and the later ones, latest first.

    Somebody who came in unnoticed made what was changed after that. Links that were superseded or
    have expired are left out.
    """
    stored = db.session.scalars(
        select(PasswordReset.change)
        .where(
            PasswordReset.account_id == link.account_id,
            PasswordReset.purpose == NOT_ME,
            PasswordReset.id >= link.id,
            PasswordReset.superseded_at.is_(None),
            PasswordReset.expires_at > now(),
            PasswordReset.change.is_not(None),
        )
        .order_by(PasswordReset.id.desc())
    ).all()
    return [change for each in stored if (change := Change.of(each)) is not None]


def supersede(account_id: int, purpose: str, *, but: int | None = None) -> None:
    """Supersede the open links of a person for this purpose."""
    superseded = db.session.scalars(
        update(PasswordReset)
        .where(
            PasswordReset.account_id == account_id,
            PasswordReset.purpose == purpose,
            PasswordReset.id != but if but is not None else true(),
            PasswordReset.used_at.is_(None),
            PasswordReset.superseded_at.is_(None),
        )
        .values(superseded_at=now())
        .returning(PasswordReset.token_hash),
        execution_options={"synchronize_session": False},
    ).all()
    withdraw_mail(*(mail_key(token_hash) for token_hash in superseded if token_hash))


def supersede_links(ending: Termination) -> None:
    """End the reset links, as their channel of `end_access`.

    The "not me" link outlives a change that was made inside a session: a thief who changes the
    password must not take the link from the owner.
    """
    if ending.everything:
        supersede(ending.account_id, RESET)


def usable() -> Select[int]:
    """Return links that can still be used, of both purposes."""
    return select(PasswordReset.id).where(
        PasswordReset.account_id.is_not(None),
        PasswordReset.used_at.is_(None),
        PasswordReset.superseded_at.is_(None),
        PasswordReset.expires_at > now(),
    )


def supersede_all() -> None:
    """End every link; a person who needs one asks for another."""
    rows_changed(
        update(PasswordReset).where(PasswordReset.id.in_(usable())).values(superseded_at=now())
    )


def expired_links() -> list[Expired]:
    """Return links that ran out a day ago; until then they count towards the hour's limit."""
    day = timedelta(days=1)
    return [
        _JOURNEYS.expired(day),
        Expired(PasswordReset, PasswordReset.expires_at < now() - day),
    ]
