"""Notices of sign-outs that failed for good: what operators read of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, func, select

from app.after_restore import CAUSE
from app.clock import now
from app.database import db
from identity.oidc.backchannel import KEPT
from identity.oidc.models import Client, LogoutNotice

# A notice that came back with a backup was withdrawn: it did not fail.
_GIVEN_UP = (LogoutNotice.state == "given up") & LogoutNotice.last_error.is_distinct_from(CAUSE)


def failed_notices() -> Sequence[Row[LogoutNotice, str, str]]:
    """Return each notice that a service did not take, with the client's id and name."""
    return db.session.execute(
        select(LogoutNotice, Client.client_id, Client.name)
        .join(Client, Client.id == LogoutNotice.client_id)
        .where(_GIVEN_UP)
        .order_by(LogoutNotice.done_at, LogoutNotice.id)
    ).all()


def failed_recently() -> str | None:
    """Return a sentence for `/readyz` where notices have failed in the last 7 days."""
    count = db.session.scalar(
        select(func.count())
        .select_from(LogoutNotice)
        .where(_GIVEN_UP, LogoutNotice.created_at > now() - KEPT)
    )
    if not count:
        return None
    notices = "1 notice of a sign-out" if count == 1 else f"{count:,} notices of sign-outs"
    return f"{notices} failed in the last 7 days: see secure-access notices failed."
