"""Devices that their owners signed in with: a cookie that spares them other people's guesses.

It is never a factor and opens nothing (docs/decisions/0007).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from app.clock import now
from app.database import db
from app.database.single_use import account_parameter, rows_changed
from app.identifiers import new_secret, secret_hash
from app.retention import Expired
from identity.access_termination import Termination
from identity.sessions import cookies
from identity.sessions.models import Session
from identity.sign_in.models import KnownDevice

LIFETIME = timedelta(days=30)


def known_device(account_id: int | None) -> int | None:
    """Return the id of this browser as a device of that person, or None."""
    token = cookies.read(cookies.DEVICE)
    if not token:
        return None
    found: int | None = db.session.scalar(
        select(KnownDevice.id).where(
            KnownDevice.token_hash == secret_hash(token),
            KnownDevice.account_id == account_parameter(account_id),
            KnownDevice.expires_at > now(),
        )
    )
    return found


def remember_device(account_id: int) -> tuple[int, bool]:
    """Store this browser as the person's; return its id, and whether it was known.

    Must run inside `writing()`.

    The token changes for all people of this browser, so that a copied cookie stops working.
    """
    was_known = known_device(account_id)
    old = cookies.read(cookies.DEVICE)
    token = new_secret()
    moment = now()
    if old:
        rows_changed(
            update(KnownDevice)
            .where(KnownDevice.token_hash == secret_hash(old), KnownDevice.expires_at > moment)
            .values(token_hash=secret_hash(token))
        )
    if was_known is not None:
        rows_changed(
            update(KnownDevice)
            .where(KnownDevice.id == was_known)
            .values(last_used_at=moment, expires_at=moment + LIFETIME)
        )
        device = was_known
    else:
        added = KnownDevice(
            account_id=account_id, token_hash=secret_hash(token), expires_at=moment + LIFETIME
        )
        db.session.add(added)
        db.session.flush()
        device = added.id
    cookies.write(cookies.DEVICE, token, max_age=int(LIFETIME.total_seconds()))
    return device, was_known is not None


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
