"""The one routine that ends access, whatever the cause.

Rooms that hold something which gives access (sessions, token families, half-done sign-ins, reset
links) add a channel in their `room.py`; a cause calls `end_access` and cannot forget one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, select

from app.clock import now
from app.composition import ExtensionPoint
from app.database import db
from identity.accounts.models import Account


@dataclass(frozen=True)
class Termination:
    """Scope of an ending. With nothing but the account: everything that the person holds.

    organisation (public id) or service (code): only what was issued for it. session (id): only
    that session and what came from it (sign-out; what has `offline_access` outlives it,
    docs/decisions/0022). keep_session (id): everything but that one session.
    """

    account_id: int
    cause: str
    at: datetime
    organisation: str | None = None
    service: str | None = None
    session: int | None = None
    keep_session: int | None = None

    @property
    def everything(self) -> bool:
        """Whether all of the person's access ends, not a part of it."""
        return self.organisation is None and self.service is None and self.session is None


CHANNELS = ExtensionPoint[Callable[[Termination], None]]("channels of access")
"""Each ends what it knows, inside the transaction of the change that ends access."""


_LOCKED = (
    select(Account)
    .where(Account.id == bindparam("account"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def lock_access(account_id: int) -> Account | None:
    """Lock the account's row and return it as it is now, or None where there is none.

    Every transaction that gives this person access (a proof, a session, another factor) locks the
    row before it looks at anything, and so does `end_access`. So either the ending sees what was
    given, or the giver sees what ended. Must run inside `writing()`.
    """
    found: Account | None = db.session.scalar(_LOCKED, {"account": account_id})
    return found


def end_access(
    account_id: int,
    *,
    cause: str,
    organisation: str | None = None,
    service: str | None = None,
    session: int | None = None,
    keep_session: int | None = None,
) -> None:
    """End what the person holds, in every channel; to be called inside `writing()`.

    `cause` is a short word for audit and session lists, such as "suspended" or "password changed".
    """
    ending = Termination(
        account_id=account_id,
        cause=cause,
        at=now(),
        organisation=organisation,
        service=service,
        session=session,
        keep_session=keep_session,
    )
    lock_access(account_id)
    for end in CHANNELS.values():
        end(ending)


def end_access_of(holders: Select[int], *, cause: str) -> None:
    """End everything that these people hold: the accounts' ids, each once or more."""
    # Rows are locked in one order, so that two endings of many people never deadlock.
    for account_id in sorted(db.session.scalars(holders.distinct())):
        end_access(account_id, cause=cause)
