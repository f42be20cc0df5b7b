"""Links by mail: to a new password, address or second step, and to say "this was not me".

A link proves that its reader reads the mailbox, and nothing else: it signs nobody in, stands for no
second step, revives no suspended account. Each is single-use, bound to its purpose, superseded by
a newer one, and leaves the address for a journey as soon as it is opened. A mail that still waits
is withdrawn in the transaction that ends its link.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from sqlalchemy import Select, bindparam, func, or_, select, true, update

from app.clock import now
from app.database import CompiledQuery, db, writing
from app.database.single_use import claim, insert_unless_present, rows_changed
from app.identifiers import secret_hash
from app.journeys import Phase
from app.outbox import withdraw_mail
from app.retention import Expired
from identity.access_termination import Termination
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.credentials.models import PasswordReset, ResetJourney
from identity.credentials.take_back import Change
from identity.email_address import EmailAddress
from identity.email_changes import queries
from identity.sessions.browser import Browser
from identity.sessions.browser_journeys import BrowserJourneys

RESET = "reset"
NOT_ME = "not-me"
CONFIRM_ADDRESS = "confirm-address"
SECOND_STEP = "second-step"
# For so long the browser that used a link may try to sign in whatever others guess meanwhile.
_VOUCHED = timedelta(hours=1)
_JOURNEYS = BrowserJourneys(
    ResetJourney, owner=[ResetJourney.browser_hash], expires=ResetJourney.expires_at
)


class _LinkRow(Protocol):
    id: int | None


# The same statement for known and unknown people, whose id is null: it finds no link.
_USED_LAST: CompiledQuery[_LinkRow] = CompiledQuery(
    select(func.max(PasswordReset.id).label("id")).where(
        PasswordReset.account_id == bindparam("account"),
        PasswordReset.used_by_browser == bindparam("browser"),
        PasswordReset.purpose == RESET,
        PasswordReset.used_at > bindparam("since"),
    )
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
    if account is None or not account.active or not _is_bound_to(account, link):
        return None
    return account


def _is_bound_to(account: Account, link: PasswordReset) -> bool:
    """Return whether the account still has what the link, sent to one address, is about."""
    if link.purpose == CONFIRM_ADDRESS:
        change = queries.open_change(account.id, now())
        return change is not None and change.email_key == link.email_key
    # A thief who changes the address must not take the owner's "not me" away.
    if link.purpose == NOT_ME or link.email_key == account.email_key:
        return True
    # A reset by the former address first puts that address back.
    return link.purpose == RESET and (
        queries.reversible_change(account.id, link.email_key, now()) is not None
    )


def used_in_browser(account_id: int | None, browser: Browser) -> int | None:
    """Return the link that the browser has just used for that person, or None."""
    found = _USED_LAST.one(account=account_id, browser=browser.secret_hash, since=now() - _VOUCHED)
    return found.id if found is not None else None


def add(
    account: Person,
    purpose: str,
    token: str | None,
    lifetime: timedelta,
    change: Change | None = None,
    *,
    to: EmailAddress | None = None,
) -> PasswordReset:
    """Add a link that its owner did not request. Must run inside `writing()`.

    change: what the mail with the link tells of. to: where the mail goes, if not to the account's
    address.
    """
    moment = now()
    link = PasswordReset(
        purpose=purpose,
        email_key=(to or account.address).key,
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
    have expired are left out; those superseded in another mailbox than this link's are not, because
    a thief may have changed the address.
    """
    stored = db.session.scalars(
        select(PasswordReset.change)
        .where(
            PasswordReset.account_id == link.account_id,
            PasswordReset.purpose == NOT_ME,
            PasswordReset.id >= link.id,
            or_(PasswordReset.superseded_at.is_(None), PasswordReset.email_key != link.email_key),
            PasswordReset.expires_at > now(),
            PasswordReset.change.is_not(None),
        )
        .order_by(PasswordReset.id.desc())
    ).all()
    return [change for each in stored if (change := Change.of(each)) is not None]


def is_announced(account: Person, change: Change) -> bool:
    """Return whether a "not me" link about this very change can still be used."""
    stored = db.session.scalars(
        select(PasswordReset.change).where(
            PasswordReset.id.in_(usable()),
            PasswordReset.account_id == account.id,
            PasswordReset.purpose == NOT_ME,
            PasswordReset.change.is_not(None),
        )
    )
    return any(Change.of(each) == change for each in stored)


def supersede(
    account_id: int,
    purpose: str,
    *,
    but: int | None = None,
    sent_to: str | None = None,
    since: int | None = None,
) -> None:
    """Supersede the open links of a person for this purpose.

    sent_to: the key of an address, to whose links this is limited, with those that were added after
    the link of the id `since`. A thief who reads the account's new mailbox must not end the earlier
    links in the owner's.
    """
    limited = true() if sent_to is None else PasswordReset.email_key == sent_to
    if since is not None:
        limited = or_(limited, PasswordReset.id > since)
    superseded = db.session.scalars(
        update(PasswordReset)
        .where(
            PasswordReset.account_id == account_id,
            PasswordReset.purpose == purpose,
            PasswordReset.id != but if but is not None else true(),
            limited,
            PasswordReset.used_at.is_(None),
            PasswordReset.superseded_at.is_(None),
        )
        .values(superseded_at=now())
        .returning(PasswordReset.token_hash),
        execution_options={"synchronize_session": False},
    ).all()
    withdraw_mail(*(mail_key(token_hash) for token_hash in superseded if token_hash))


def supersede_links(ending: Termination) -> None:
    """End the links to a new password or address, as their channel of `end_access`.

    The "not me" link outlives a change that was made inside a session: a thief who changes the
    password must not take the link from the owner.
    """
    if ending.everything:
        supersede(ending.account_id, RESET)
        supersede(ending.account_id, CONFIRM_ADDRESS)


def usable() -> Select[int]:
    """Return links that can still be used, of every purpose."""
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
