"""Back-channel logout: services are told when what they were given ends (OpenID Connect
Back-Channel Logout 1.0).

A notice is promised in the transaction that ends access, and delivered by the worker at least once:
claimed by a conditional UPDATE with a lease, tried in parallel, again after a failure, and given up
after many. A service that hangs keeps nobody else waiting.
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

from flask import Flask, current_app
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session as DatabaseSession

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_id
from app.outgoing import NotReached, call
from app.settings import settings
from identity.accounts.models import Account
from identity.oidc.clients import store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.keys.store import LOGOUT_TOKEN
from identity.oidc.models import Client, LogoutNotice
from identity.oidc.parameters import FORM
from identity.oidc.policy import LOGOUT_TOKEN_LIFE
from identity.oidc.subjects import subject_for
from identity.oidc.tokens import signed
from identity.statements import rows_changed

EVENT = "http://schemas.openid.net/event/backchannel-logout"
AT_ONCE = 32
AT_ONCE_FOR_A_CLIENT = 4
LEASE = timedelta(seconds=30)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=10)
MOST_ATTEMPTS = 20
KEPT = timedelta(days=7)
_KEY = "identity.oidc.backchannel"


def promise(ended: Iterable[Row[int, int, str]], *, cause: str) -> None:
    """Notices for ended families (client_id, account_id, sid), inside `writing()`."""
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
class _Claimed:
    """A notice in hand: what is needed to send it and to write down how that went."""

    key: int
    attempts: int
    client: RelyingParty
    token: str
    subject: str


class Delivery:
    """Sends what is due, in threads of its own; `step` never waits for anybody."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="logout")
        self._flying: dict[Future[bool], _Claimed] = {}
        self._lock = threading.Lock()

    def step(self) -> bool:
        """Writes down what has arrived and sends what is due. Whether anything is under way."""
        with self._lock:
            for future in [each for each in self._flying if each.done()]:
                _write_down(self._flying.pop(future), delivered=future.result())
            for claimed in self._due():
                address = claimed.client.backchannel_logout_uri or ""
                sending = self._pool.submit(_send, self._app, address, claimed.token)
                self._flying[sending] = claimed
            return bool(self._flying)

    def _due(self) -> list[_Claimed]:
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
                LogoutNotice.next_attempt_at <= now(),
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
    app.extensions[_KEY] = Delivery(app)


def deliver() -> bool:
    """The worker's job: what is due leaves now. Whether anything is still under way."""
    delivery: Delivery = current_app.extensions[_KEY]
    return delivery.step()


def purge(_session: DatabaseSession) -> int:
    done = LogoutNotice.state != "waiting", LogoutNotice.created_at < now() - KEPT
    return rows_changed(delete(LogoutNotice).where(*done))


def logout_token(client: RelyingParty, *, subject: str, sid: str, identifier: str) -> str:
    """Back-Channel Logout, 2.4: who, in which session, and no nonce."""
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


def _claim(key: int) -> _Claimed | None:
    with writing() as session:
        won = rows_changed(
            update(LogoutNotice)
            .where(
                LogoutNotice.id == key,
                LogoutNotice.state == "waiting",
                LogoutNotice.next_attempt_at <= now(),
            )
            .values(next_attempt_at=now() + LEASE, attempts=LogoutNotice.attempts + 1)
        )
        if won != 1:
            return None
        row, subject, client_id, service = session.execute(
            select(LogoutNotice, Account.subject, Client.client_id, Client.service)
            .join(Account, Account.id == LogoutNotice.account_id)
            .join(Client, Client.id == LogoutNotice.client_id)
            .where(LogoutNotice.id == key)
        ).one()
        client = store.find_by_key(row.client_id)
        if client is None or client.backchannel_logout_uri is None:
            row.state, row.done_at = "given up", now()
            record(
                "service.not_told_of_sign_out",
                subject=subject,
                client=client_id,
                service=service,
                attempts=row.attempts - 1,
            )
            return None
        token = logout_token(client, subject=subject, sid=row.sid, identifier=row.public_id)
        return _Claimed(key, row.attempts, client, token, subject)


def _send(app: Flask, address: str, token: str) -> bool:
    """In a thread: no database, only the call. 200 and 204 mean that it is done (section 2.8)."""
    with app.app_context():
        try:
            answer = call(
                "POST",
                address,
                body=urlencode({"logout_token": token}).encode(),
                headers={"Content-Type": FORM},
                most_bytes=1024,
            )
        except NotReached:
            return False
        return answer.status in {200, 204}


def _write_down(claimed: _Claimed, *, delivered: bool) -> None:
    values: dict[str, Any]
    if delivered:
        state, values = "delivered", {"done_at": now(), "last_error": None}
    elif claimed.attempts >= MOST_ATTEMPTS:
        state, values = "given up", {"done_at": now()}
    else:
        wait = min(FIRST_RETRY * 2 ** min(claimed.attempts - 1, 10), LONGEST_RETRY)
        state, values = "waiting", {"next_attempt_at": now() + wait, "last_error": "not taken"}
    with writing() as session:
        session.execute(
            update(LogoutNotice).where(LogoutNotice.id == claimed.key).values(state=state, **values)
        )
        if state != "waiting":
            record(
                "service.told_of_sign_out" if delivered else "service.not_told_of_sign_out",
                subject=claimed.subject,
                client=claimed.client.client_id,
                service=claimed.client.service,
                attempts=claimed.attempts,
            )
