"""Devices that their owners signed in with: a cookie that spares them other people's guesses.

It is never a factor and opens nothing (docs/decisions/0007).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import bindparam, delete, insert, select, update

from app.clock import now
from app.database import CompiledQuery, CompiledStatement, db
from app.database.single_use import rows_changed
from app.identifiers import new_secret, secret_hash
from app.retention import Expired
from identity.access_termination import Termination
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.cookies import DEVICE_LIFETIME
from identity.sessions.models import Session
from identity.sign_in.models import KnownDevice


class _DeviceRow(Protocol):
    id: int
    second_step: str | None


# The same statement for known and unknown people, whose id is null: it finds no device.
_KNOWN: CompiledQuery[_DeviceRow] = CompiledQuery(
    select(KnownDevice.id, KnownDevice.second_step).where(
        KnownDevice.token_hash == bindparam("token"),
        KnownDevice.account_id == bindparam("account"),
        KnownDevice.expires_at > bindparam("at"),
    )
)
_ADD = CompiledStatement(insert(KnownDevice).returning(KnownDevice.id))


@dataclass(frozen=True)
class RenewedDevice:
    """A browser in which its person has just signed in; its cookie gets the new token."""

    id: int
    token: str


def known_device(account_id: int | None, browser: Browser, at: datetime) -> int | None:
    """Return the id of the browser as a device of that person, or None."""
    if browser.device_hash is None:
        return None
    found = _KNOWN.one(token=browser.device_hash, account=account_id, at=at)
    return found.id if found is not None else None


def last_second_step(account_id: int, browser: Browser, at: datetime) -> str | None:
    """Return the name of the factor that the person showed last in this browser, or None.

    None in a browser that is no known device of theirs, so that a stranger who knows the password
    learns nothing from the order of the pages.
    """
    if browser.device_hash is None:
        return None
    found = _KNOWN.one(token=browser.device_hash, account=account_id, at=at)
    return found.second_step if found is not None else None


def renew_device(
    account_id: int, browser: Browser, at: datetime, *, second_step: str | None
) -> RenewedDevice:
    """Store the browser as a known device of the person, with a new token.

    The token changes for all people of this browser, so that a copied cookie stops working.
    second_step: name of the lasting factor that was shown; None leaves the earlier one. Must run
    inside `writing()`.
    """
    known, token = known_device(account_id, browser, at), new_secret()
    if browser.device_hash is not None:
        rows_changed(
            update(KnownDevice)
            .where(KnownDevice.token_hash == browser.device_hash, KnownDevice.expires_at > at)
            .values(token_hash=secret_hash(token))
        )
    ends = at + DEVICE_LIFETIME
    if known is not None:
        shown = {} if second_step is None else {"second_step": second_step}
        rows_changed(
            update(KnownDevice)
            .where(KnownDevice.id == known)
            .values(last_used_at=at, expires_at=ends, **shown)
        )
        return RenewedDevice(known, token)
    added = _ADD.added(
        account_id=account_id,
        token_hash=secret_hash(token),
        expires_at=ends,
        second_step=second_step,
    )
    return RenewedDevice(cast(int, added), token)


def note_second_step(session: ActiveSession, factor: str) -> None:
    """Show the factor first in the session's browser: it was set up there. See `WHEN_SET_UP`."""
    if session.known_device_id is not None:
        rows_changed(
            update(KnownDevice)
            .where(
                KnownDevice.id == session.known_device_id,
                KnownDevice.account_id == session.account_id,
            )
            .values(second_step=factor)
        )


def forget_devices(ending: Termination) -> None:
    """Forget the devices, as their channel of `end_access`; a kept session's stays known."""
    if not ending.everything:
        return
    statement = delete(KnownDevice).where(KnownDevice.account_id == ending.account_id)
    if ending.keep_session is not None:
        kept = db.session.scalar(
            select(Session.known_device_id).where(Session.id == ending.keep_session)
        )
        if kept is not None:
            statement = statement.where(KnownDevice.id != kept)
    rows_changed(statement)


def expired() -> list[Expired]:
    """Return devices that were not used for a month."""
    return [Expired(KnownDevice, KnownDevice.expires_at < now())]
