"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0).

Services are notified when tokens that they hold end.

A notice is promised in the transaction that ends access, and delivered by the worker at least once:
claimed by a conditional UPDATE with a lease, tried in parallel, and again after a failure. It is
given up after many attempts, or at once where the service rejects it (a status from 400 to 499).
A service that hangs keeps nobody else waiting.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, current_app
from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.due import is_due
from app.database.single_use import claim
from app.http_client import Unreachable, fetch
from app.identifiers import new_id
from app.retention import Expired
from app.settings import settings
from identity.accounts.models import Account
from identity.oidc.clients import store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.keys.store import LOGOUT_TOKEN
from identity.oidc.lifetimes import LOGOUT_TOKEN_LIFE
from identity.oidc.models import Client, LogoutNotice
from identity.oidc.pairwise import subject_for
from identity.oidc.parameters import FORM
from identity.oidc.tokens import signed

EVENT = "http://schemas.openid.net/event/backchannel-logout"
AT_ONCE = 32
AT_ONCE_FOR_A_CLIENT = 4
NO_ADDRESS = "the client has no address for notices any more"
LEASE = timedelta(seconds=30)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=10)
MOST_ATTEMPTS = 20
KEPT = timedelta(days=7)
_TRY_AGAIN = {408, 425, 429}
"""The statuses from 400 to 499 that ask for another attempt."""
_KEY = "identity.oidc.backchannel"

log = structlog.get_logger()


def enqueue_notices(ended: Iterable[Row[int, int, str]], *, cause: str) -> None:
    """Add notices for ended families. Must run inside `writing()`.

    A family is client_id, account_id, sid.
    """
    at = now()
    rows = [
        {
            "public_id": new_id(),
            "client_id": client.key,
            "account_id": family.account_id,
            "sid": family.sid,
            "cause": cause[:60],
            "state": "waiting",
            "attempts": 0,
            "created_at": at,
            "next_attempt_at": at,
        }
        for family in ended
        if (client := store.find_by_key(family.client_id)) is not None
        and client.backchannel_logout_uri is not None
    ]
    if rows:
        db.session.execute(insert(LogoutNotice), rows)


@dataclass(frozen=True)
class _ClaimedNotice:
    """A notice in hand: what is needed to send it and to write down how that went."""

    key: int
    attempts: int
    client: RelyingParty
    token: str
    subject: str


@dataclass(frozen=True)
class _Response:
    """The answer to a notice: the HTTP status, or None where the service was not reached."""

    status: int | None

    @property
    def is_delivered(self) -> bool:
        """200 and 204 mean that the service has ended the session (section 2.8)."""
        return self.status in {200, 204}

    @property
    def is_final(self) -> bool:
        return self.status is not None and (
            400 <= self.status < 500 and self.status not in _TRY_AGAIN
        )

    @property
    def cause(self) -> str:
        return "not reached" if self.status is None else f"HTTP {self.status}"


class Delivery:
    """Sends what is due, in threads of its own; `step` never waits for anybody."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="logout")
        self._flying: dict[Future[_Response], _ClaimedNotice] = {}
        self._lock = threading.Lock()

    def step(self) -> bool:
        """Store the responses that arrived and send what is due.

        Returns whether any is under way.
        """
        with self._lock:
            for future in [each for each in self._flying if each.done()]:
                _write_down(self._flying.pop(future), future.result())
            for claimed in self._due():
                address = claimed.client.backchannel_logout_uri or ""
                sending = self._pool.submit(_send, self._app, address, claimed.token)
                self._flying[sending] = claimed
            return bool(self._flying)

    def _due(self) -> list[_ClaimedNotice]:
        room = AT_ONCE - len(self._flying)
        busy = Counter(claimed.client.key for claimed in self._flying.values())
        full = [key for key, count in busy.items() if count >= AT_ONCE_FOR_A_CLIENT]
        in_turn = func.row_number().over(
            partition_by=LogoutNotice.client_id, order_by=LogoutNotice.next_attempt_at
        )
        due = (
            select(
                LogoutNotice.id,
                LogoutNotice.client_id,
                LogoutNotice.next_attempt_at,
                in_turn.label("place"),
            )
            .where(
                LogoutNotice.state == "waiting",
                _is_due(),
                LogoutNotice.client_id.not_in(full),
            )
            .subquery()
        )
        # The first ones of each client: many of one client's keep nobody else's waiting.
        found = db.session.execute(
            select(due.c.id, due.c.client_id)
            .where(due.c.place <= AT_ONCE_FOR_A_CLIENT)
            .order_by(due.c.place, due.c.next_attempt_at)
            .limit(max(room, 0))
        ).all()
        claimed = []
        for notice in found:
            if busy[notice.client_id] < AT_ONCE_FOR_A_CLIENT and (one := _claim(notice.id)):
                busy[notice.client_id] += 1
                claimed.append(one)
        return claimed


def install(app: Flask) -> None:
    """Add the delivery of notices to the application."""
    app.extensions[_KEY] = Delivery(app)


def deliver() -> bool:
    """Send the notices that are due, as the worker's job. Returns whether any is under way."""
    delivery: Delivery = current_app.extensions[_KEY]
    return delivery.step()


def expired() -> list[Expired]:
    """Return the notices that were delivered or given up long ago."""
    done = and_(LogoutNotice.state != "waiting", LogoutNotice.created_at < now() - KEPT)
    return [Expired(LogoutNotice, done)]


def logout_token(client: RelyingParty, *, subject: str, sid: str, identifier: str) -> str:
    """Return a logout token: subject, session, and no nonce (Back-Channel Logout, 2.4)."""
    at = now()
    claims = {
        "iss": settings().issuer,
        "aud": client.client_id,
        "iat": int(at.timestamp()),
        "exp": int((at + LOGOUT_TOKEN_LIFE).timestamp()),
        "jti": identifier,
        "sub": subject_for(client, subject),
        "sid": sid,
        "events": {EVENT: {}},
    }
    return signed(claims, alg=client.id_token_alg, typ=LOGOUT_TOKEN)


def _is_due() -> ColumnElement[bool]:
    return is_due(LogoutNotice.next_attempt_at, longest_wait=LONGEST_RETRY)


def _claim(key: int) -> _ClaimedNotice | None:
    with writing() as session:
        won = claim(
            update(LogoutNotice)
            .where(
                LogoutNotice.id == key,
                LogoutNotice.state == "waiting",
                _is_due(),
            )
            .values(next_attempt_at=now() + LEASE, attempts=LogoutNotice.attempts + 1)
        )
        if not won:
            return None
        row, subject, client_id, service = session.execute(
            select(LogoutNotice, Account.subject, Client.client_id, Client.service)
            .join(Account, Account.id == LogoutNotice.account_id)
            .join(Client, Client.id == LogoutNotice.client_id)
            .where(LogoutNotice.id == key)
        ).one()
        client = store.find_by_key(row.client_id)
        if client is None or client.backchannel_logout_uri is None:
            row.state, row.done_at, row.last_error = "given up", now(), NO_ADDRESS
            _record_failure(
                subject, client_id, service, attempts=row.attempts - 1, cause=NO_ADDRESS
            )
            return None
        token = logout_token(client, subject=subject, sid=row.sid, identifier=row.public_id)
        return _ClaimedNotice(key, row.attempts, client, token, subject)


def _send(app: Flask, address: str, token: str) -> _Response:
    """Call the service, in a thread that has no database."""
    with app.app_context():
        try:
            answer = fetch(
                "POST",
                address,
                body=urlencode({"logout_token": token}).encode(),
                headers={"Content-Type": FORM},
                most_bytes=1024,
            )
        except Unreachable:
            return _Response(None)
        return _Response(answer.status)


def _write_down(claimed: _ClaimedNotice, response: _Response) -> None:
    values: dict[str, Any]
    if response.is_delivered:
        state, values = "delivered", {"done_at": now(), "last_error": None}
    elif response.is_final or claimed.attempts >= MOST_ATTEMPTS:
        state, values = "given up", {"done_at": now(), "last_error": response.cause}
    else:
        wait = min(FIRST_RETRY * 2 ** min(claimed.attempts - 1, 10), LONGEST_RETRY)
        state, values = "waiting", {"next_attempt_at": now() + wait, "last_error": response.cause}
    with writing() as session:
        session.execute(
            update(LogoutNotice).where(LogoutNotice.id == claimed.key).values(state=state, **values)
        )
        if state == "delivered":
            record(
                "service.told_of_sign_out",
                subject=claimed.subject,
                client=claimed.client.client_id,
                service=claimed.client.service,
                attempts=claimed.attempts,
            )
        elif state == "given up":
            _record_failure(
                claimed.subject,
                claimed.client.client_id,
                claimed.client.service,
                attempts=claimed.attempts,
                cause=response.cause,
            )


def _record_failure(
    subject: str, client_id: str, service: str | None, *, attempts: int, cause: str
) -> None:
    """Record in audit and log that a notice is not tried again, inside `writing()`."""
    record(
        "service.not_told_of_sign_out",
        subject=subject,
        client=client_id,
        service=service,
        attempts=attempts,
        cause=cause,
    )
    log.warning(
        "a notice of a sign-out failed for good", client=client_id, attempts=attempts, cause=cause
    )
