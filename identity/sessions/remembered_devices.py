"""Devices on which their owner signs in without a code, because they chose so on the code page.

A cookie of its own, for 30 days at most. A sign-in with it has one factor (`aal1`), and the device
never counts for a step-up. The known device (`identity.sign_in.devices`) is another cookie and
spares nobody a factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, select, update

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim, rows_changed
from app.identifiers import new_secret, secret_hash
from app.retention import Expired
from identity.access_termination import Termination
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.models import RememberedDevice
from identity.sessions.user_agent import describe_user_agent

LIFETIME = timedelta(days=30)
SAME_MOMENT = timedelta(minutes=1)
"""Time in which a second request of the same browser may still carry the replaced cookie."""


@dataclass(frozen=True)
class DeviceCookie:
    """The new value of the browser's cookie, and how long it counts."""

    token: str
    lifetime: timedelta


@dataclass(frozen=True)
class ListedDevice:
    """A remembered device as its owner sees it."""

    public_id: str
    browser: str
    network: str
    remembered_at: datetime
    last_used_at: datetime
    expires_at: datetime


def remember(account: Account, browser: Browser, at: datetime) -> DeviceCookie:
    """Store the browser as a device of the person. Must run inside `writing()`.

    A device that the browser's cookie named before ends, so that a browser is listed once.
    """
    token = new_secret()
    if browser.remembered_hash is not None:
        rows_changed(
            delete(RememberedDevice).where(
                RememberedDevice.token_hash == browser.remembered_hash,
                RememberedDevice.account_id == account.id,
            )
        )
    db.session.add(
        RememberedDevice(
            account_id=account.id,
            token_hash=secret_hash(token),
            network=browser.network,
            user_agent=browser.user_agent[:200],
            created_at=at,
            last_used_at=at,
            expires_at=at + LIFETIME,
        )
    )
    record(
        "device.remembered",
        actor=actor_of(account),
        subject=account.subject,
        network=browser.network,
    )
    return DeviceCookie(token, LIFETIME)


def use(account_id: int, browser: Browser, at: datetime) -> DeviceCookie | None:
    """Use the browser's cookie for a sign-in of the person; None where it is no device of theirs.

    One statement claims the token and replaces it, so that a copied cookie serves once at most and
    is refused after its owner's next sign-in. The 30 days go on. Must run inside `writing()`.
    """
    if browser.remembered_hash is None:
        return None
    token = new_secret()
    presented = _is_usable(RememberedDevice.token_hash == browser.remembered_hash, account_id, at)
    expires_at = db.session.scalar(select(RememberedDevice.expires_at).where(presented))
    if expires_at is None or not claim(
        update(RememberedDevice)
        .where(presented)
        .values(
            token_hash=secret_hash(token),
            replaced_token_hash=RememberedDevice.token_hash,
            last_used_at=at,
            network=browser.network,
            user_agent=browser.user_agent[:200],
        )
    ):
        return None
    return DeviceCookie(token, expires_at - at)


def forget_copied(account: Account, browser: Browser, at: datetime) -> str | None:
    """Forget the device whose replaced cookie the browser presents.

    Return its kind of browser, or None where the cookie is no such copy. Which of the two browsers
    is its owner's cannot be known, so neither cookie counts any more. Must run inside `writing()`.
    """
    if browser.remembered_hash is None:
        return None
    copied = _is_usable(
        RememberedDevice.replaced_token_hash == browser.remembered_hash, account.id, at
    ) & (RememberedDevice.last_used_at <= at - SAME_MOMENT)
    user_agent = db.session.scalar(select(RememberedDevice.user_agent).where(copied))
    if user_agent is None or not claim(delete(RememberedDevice).where(copied)):
        return None
    record("device.copy_refused", actor=ANONYMOUS, subject=account.subject, network=browser.network)
    return describe_user_agent(user_agent)


def forget_devices_of(account: Account) -> None:
    """Forget all devices of the person. Must run inside `writing()`."""
    rows_changed(delete(RememberedDevice).where(RememberedDevice.account_id == account.id))


def remembered_devices(account_id: int) -> list[ListedDevice]:
    """Return the person's devices, the one used last first."""
    rows = db.session.scalars(
        select(RememberedDevice)
        .where(RememberedDevice.account_id == account_id, RememberedDevice.expires_at > now())
        .order_by(RememberedDevice.last_used_at.desc(), RememberedDevice.id.desc())
    )
    return [
        ListedDevice(
            row.public_id,
            describe_user_agent(row.user_agent),
            row.network.removesuffix("/32"),
            row.created_at,
            row.last_used_at,
            row.expires_at,
        )
        for row in rows
    ]


def forget(session: ActiveSession, public_id: str) -> bool:
    """Forget one device of the session's person; False where there is none of that id."""
    with writing():
        forgotten = claim(
            delete(RememberedDevice).where(
                RememberedDevice.public_id == public_id,
                RememberedDevice.account_id == session.account_id,
            )
        )
        if forgotten:
            record(
                "device.forgotten",
                actor=actor_of(session.account),
                subject=session.account.subject,
            )
    return forgotten


def forget_devices(ending: Termination) -> None:
    """Forget all devices of the person, as their channel of `end_access`.

    The device of a session that stays is forgotten too: the next sign-in there asks for a code.
    """
    if ending.everything:
        rows_changed(
            delete(RememberedDevice).where(RememberedDevice.account_id == ending.account_id)
        )


def usable() -> Select[int]:
    """Select the id of each device that could be used for a sign-in."""
    return select(RememberedDevice.id).where(RememberedDevice.expires_at > now())


def forget_all() -> None:
    """Forget every device of everybody."""
    rows_changed(delete(RememberedDevice))


def expired() -> list[Expired]:
    """Return devices whose 30 days are over."""
    return [Expired(RememberedDevice, RememberedDevice.expires_at < now())]


def _is_usable(
    presented: ColumnElement[bool], account_id: int, at: datetime
) -> ColumnElement[bool]:
    return and_(
        presented, RememberedDevice.account_id == account_id, RememberedDevice.expires_at > at
    )
