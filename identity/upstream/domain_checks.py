"""Periodic checks of proven domains, as a job of the worker.

A domain whose TXT record is gone stays proven for `domain_grace_days`, so that one wrong answer of
a name server changes nothing. After that it leads people nowhere else until it is proven again.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import ColumnElement, and_, or_, select, update

from app.actors import SYSTEM
from app.audit import record
from app.clock import now
from app.context import PerApplication, present_application
from app.database import db, writing
from app.database.single_use import claim
from identity.ports import approvals
from identity.settings import settings
from identity.upstream import dns_proof
from identity.upstream.models import Connection, Domain

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""Time until the next check of a domain whose record is gone, or whose check did not end."""
_LOOK_SECONDS = 10.0


@dataclass(frozen=True)
class DueDomain:
    """A proven domain whose check was claimed, as plain values for a thread."""

    id: int
    name: str
    challenge: str


@dataclass
class DomainChecks:
    """The checks of one process: one at a time, in a thread, because name servers may be slow."""

    app: Flask
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="domain checks")
    )
    under_way: tuple[DueDomain, Future[bool | None]] | None = None
    looked_at: float | None = None

    def step(self) -> bool:
        """Store a result that has arrived, begin a check that is due; return whether one runs."""
        if self.finish():
            return True
        at = time.monotonic()
        if self.looked_at is not None and at - self.looked_at < _LOOK_SECONDS:
            return False
        due = claim_due(now())
        if due is None:
            self.looked_at = at
            return False
        self.under_way = due, self.pool.submit(self._look_up, due)
        return True

    def finish(self) -> bool:
        """Store a result that has arrived; return whether a check runs."""
        if self.under_way is None:
            return False
        due, future = self.under_way
        if not future.done():
            return True
        # A check that failed for another reason is not kept: the domain is due again.
        self.under_way = None
        store_result(due, future.result(), now())
        return False

    def _look_up(self, due: DueDomain) -> bool | None:
        with self.app.app_context():
            return look_up(due)


_checks: PerApplication[DomainChecks] = PerApplication(
    "identity.upstream.domain_checks", lambda: DomainChecks(present_application())
)


def check_due() -> bool:
    """Check the domains that are due, as a job of the worker."""
    return _checks().step()


def finish() -> bool:
    """Store the result of the check that is under way; return whether it still runs."""
    return _checks().finish()


def claim_due(at: datetime) -> DueDomain | None:
    """Claim the check of a proven domain that is due; None where none is.

    Of several workers one gets it. If it ends without a result, the domain is due again after
    `AGAIN`.
    """
    row = db.session.execute(
        select(Domain.id, Domain.domain, Domain.challenge)
        .join(Connection, Connection.id == Domain.connection_id)
        .where(_is_due(at), Connection.switched_off_at.is_(None))
        .order_by(Domain.next_check_at, Domain.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    with writing():
        claimed = claim(
            update(Domain).where(Domain.id == row.id, _is_due(at)).values(next_check_at=at + AGAIN)
        )
    return DueDomain(row.id, row.domain, row.challenge) if claimed else None


def look_up(due: DueDomain) -> bool | None:
    """Return whether the record is published; None where no name server answered."""
    try:
        return dns_proof.is_published(due.name, due.challenge)
    except dns_proof.NameServersFailed:
        return None


def store_result(due: DueDomain, published: bool | None, at: datetime) -> None:
    """Store the result of a check. One without an answer changes nothing."""
    if published is None:
        return
    with writing():
        row = db.session.get(Domain, due.id, with_for_update={"of": Domain}, populate_existing=True)
        if row is None or row.proven_at is None:
            return
        if published:
            row.next_check_at = at + EVERY
            if row.missing_since is not None:
                row.missing_since = None
                _record("upstream.domain_found", row)
        elif row.missing_since is None:
            row.missing_since = at
            _announce(row, "upstream.domain_missing", ends_at=at + _grace())
        elif row.missing_since + _grace() <= at:
            row.proven_at = row.missing_since = row.next_check_at = None
            _announce(row, "upstream.domain_lapsed", ends_at=None)
        db.session.flush()


def _grace() -> timedelta:
    return timedelta(days=settings().domain_grace_days)


def _is_due(at: datetime) -> ColumnElement[bool]:
    return and_(
        Domain.proven_at.is_not(None),
        or_(Domain.next_check_at.is_(None), Domain.next_check_at <= at),
    )


def _announce(row: Domain, event: str, *, ends_at: datetime | None) -> None:
    _record(event, row)
    approvals().domain_record_gone(
        row.connection.public_id, row.connection.name, row.domain, ends_at
    )


def _record(event: str, row: Domain) -> None:
    record(
        event,
        actor=SYSTEM,
        connection=row.connection.public_id,
        connection_name=row.connection.name,
        domain=row.domain,
    )
