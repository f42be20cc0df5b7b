"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0).

A notice is stored in the transaction that ends access, and the worker delivers it to the service
at least once (`app.queue`). It is given up after many attempts, or at once if the service rejects
it with a status from 400 to 499.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol
from urllib.parse import urlencode

import structlog
from sqlalchemy import Row, insert, select

from app.audit import record
from app.clock import now
from app.context import PerApplication, present_application
from app.database import db
from app.http_client import Unreachable, fetch
from app.queue import DeliveryFailed, EndState, LeasedQueue, Send
from app.queue.parallel import ParallelDelivery
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
AT_ONCE_PER_CLIENT = 4
NO_ADDRESS = "the client has no address for notices any more"
_TRY_AGAIN = {408, 425, 429}
"""The statuses from 400 to 499 that ask for another attempt."""

log = structlog.get_logger()


class EndedFamily(Protocol):
    """The client, the person and the session of a token family that has ended."""

    client_id: int
    account_id: int
    sid: str


def enqueue_notices(ended: Iterable[EndedFamily], *, cause: str) -> None:
    """Add notices for ended families. Must run inside `writing()`."""
    rows = [
        {
            "client_id": client.key,
            "account_id": family.account_id,
            "sid": family.sid,
            "cause": cause[:60],
        }
        for family in ended
        if (client := store.find_by_key(family.client_id)) is not None
        and client.backchannel_logout_uri is not None
    ]
    if rows:
        db.session.execute(insert(LogoutNotice), rows)


def deliver() -> bool:
    """Send the notices that are due, as the worker's job. Return whether any is under way."""
    return _delivery().step()


def finish() -> bool:
    """Store the results of the notices that are under way. Return whether any still is."""
    return _delivery().finish()


def failed_notices() -> Sequence[Row[LogoutNotice, str, str]]:
    """Return each notice that was given up, with the client's id and name, oldest failure first."""
    return db.session.execute(
        select(LogoutNotice, Client.client_id, Client.name)
        .join(Client, Client.id == LogoutNotice.client_id)
        .where(NOTICES.has_failed())
        .order_by(LogoutNotice.done_at, LogoutNotice.id)
    ).all()


def failed_recently() -> str | None:
    """Return a sentence for `/readyz` where notices have failed in the last 7 days."""
    return NOTICES.describe_recent_failures(
        "notice of a sign-out failed",
        "notices of sign-outs failed",
        command="secure-access notices failed",
    )


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


def _prepare(notice: LogoutNotice) -> Send:
    client = store.find_by_key(notice.client_id)
    if client is None or client.backchannel_logout_uri is None:
        raise DeliveryFailed(NO_ADDRESS, final=True)
    account = db.session.get_one(Account, notice.account_id)
    token = logout_token(
        client, subject=account.subject, sid=notice.sid, identifier=notice.public_id
    )
    return partial(_send, client.backchannel_logout_uri, token)


def _send(address: str, token: str) -> None:
    """Post the token. The statuses 200 and 204 confirm the logout (Back-Channel Logout, 2.8)."""
    try:
        status = fetch(
            "POST",
            address,
            body=urlencode({"logout_token": token}).encode(),
            headers={"Content-Type": FORM},
            most_bytes=1024,
        ).status
    except Unreachable:
        raise DeliveryFailed("not reached") from None
    if status not in {200, 204}:
        final = 400 <= status < 500 and status not in _TRY_AGAIN
        raise DeliveryFailed(f"HTTP {status}", final=final)


def _record(notice: LogoutNotice) -> None:
    if notice.done_at is None:
        return
    account = db.session.get_one(Account, notice.account_id)
    client = db.session.get_one(Client, notice.client_id)
    note = partial(
        record,
        subject=account.subject,
        client=client.client_id,
        service=client.service,
        attempts=notice.attempts,
    )
    if notice.last_error is None:
        note("service.told_of_sign_out")
        return
    note("service.not_told_of_sign_out", cause=notice.last_error)
    log.warning(
        "a notice of a sign-out failed for good",
        client=client.client_id,
        attempts=notice.attempts,
        cause=notice.last_error,
    )


NOTICES = LeasedQueue(
    table=LogoutNotice,
    prepare=_prepare,
    record=_record,
    delivered=EndState("delivered", LogoutNotice.done_at),
    given_up=EndState("given up", LogoutNotice.done_at),
    lease_time=timedelta(seconds=30),
    first_retry=timedelta(seconds=5),
    longest_retry=timedelta(minutes=10),
    max_attempts=20,
    retention=timedelta(days=7),
)
_delivery: PerApplication[ParallelDelivery[LogoutNotice]] = PerApplication(
    "identity.oidc.backchannel",
    lambda: ParallelDelivery(
        present_application(),
        NOTICES,
        receiver=LogoutNotice.client_id,
        at_once=AT_ONCE,
        at_once_per_receiver=AT_ONCE_PER_CLIENT,
    ),
)
