"""Mails that GOV.UK Notify accepted and could not deliver, as a job of the worker.

Notify accepts a mail first and learns of a rejected address later. Every minute the worker asks for
the latest rejected mails, so that they are shown as refused like those that a mail server refuses.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from flask import Flask
from sqlalchemy import select, update

from app.clock import now
from app.context import PerApplication, present_application
from app.database import db, writing
from app.database.single_use import rows_changed
from app.outbox.delivery import MAILS, REFUSED
from app.outbox.models import OutboxMail
from app.outbox.notify import NAME, Notification, Notify, NotifyApi
from app.outbox.refusals import TemporaryFailure
from app.outbox.transports import transport

SECONDS = 60.0
REJECTED = "permanent-failure"
CAUSE = f"{NAME} {REJECTED}"

log = structlog.get_logger()


@dataclass
class StatusChecks:
    """The requests of one process: one at a time, in a thread, because Notify may be slow.

    older_than: the notification behind which the next request looks, while one of the rejected
    mails of the last response was news.
    """

    app: Flask
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="statuses of mails")
    )
    under_way: Future[Sequence[Notification]] | None = None
    asked_at: float | None = None
    older_than: str | None = None

    def step(self, api: NotifyApi) -> bool:
        """Store a response that has arrived and send a request that is due.

        Returns whether a request runs.
        """
        if self.finish():
            return True
        at = time.monotonic()
        if self.asked_at is None or self.older_than or at - self.asked_at >= SECONDS:
            self.asked_at = at
            self.under_way = self.pool.submit(self._ask, api, self.older_than)
        return self.under_way is not None

    def finish(self) -> bool:
        """Store a response that has arrived; return whether a request runs."""
        if self.under_way is None:
            return False
        if not self.under_way.done():
            return True
        found, self.under_way = self.under_way.result(), None
        changed = record_rejections([each.reference for each in found])
        self.older_than = found[-1].notification_id if changed else None
        return False

    def _ask(self, api: NotifyApi, older_than: str | None) -> Sequence[Notification]:
        with self.app.app_context():
            try:
                page = {"older_than": older_than} if older_than else {}
                return api.notifications(status=REJECTED, **page)
            except TemporaryFailure as failure:
                log.warning("the statuses of mails are not known", cause=str(failure))
                return []


_checks: PerApplication[StatusChecks] = PerApplication(
    "app.outbox.notify_statuses", lambda: StatusChecks(present_application())
)


def check_due() -> bool:
    """Ask for rejected mails if that is due, as a job of the worker; return whether it goes on."""
    chosen = transport()
    return _checks().step(chosen.api) if isinstance(chosen, Notify) else False


def finish() -> bool:
    """Store the response that is under way; return whether it is still awaited."""
    return _checks().finish()


def record_rejections(references: Collection[str]) -> int:
    """Mark sent mails as refused; return their number. Others of the references are left alone."""
    is_new = OutboxMail.public_id.in_(references), OutboxMail.state == MAILS.delivered.state
    mails = db.session.execute(
        select(OutboxMail.public_id, OutboxMail.template, OutboxMail.recipient).where(*is_new)
    ).all()
    if not mails:
        return 0
    with writing():
        changed = rows_changed(
            update(OutboxMail)
            .where(*is_new)
            .values(state=REFUSED, failed_at=now(), last_error=CAUSE)
        )
    for public_id, template, recipient in mails:
        log.warning(
            "a mail failed for good",
            mail=public_id,
            template=template,
            domain=recipient.rpartition("@")[2],
            cause=CAUSE,
        )
    return changed
