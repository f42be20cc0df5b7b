"""One pass through a queue in the thread of the test."""

from __future__ import annotations

from sqlalchemy import select

from app.database import db
from app.outbox import OutboxMail, delivery
from app.outbox.delivery import MAILS
from app.queue import LeasedQueue
from app.queue.leased_queue import attempt


def deliver_due(queue: LeasedQueue[OutboxMail] = MAILS) -> int:
    """Attempt each due row once, one after the other. Return the number delivered."""
    table = queue.table
    delivered = 0
    for key in db.session.scalars(select(table.id).where(queue.is_due()).order_by(table.id)).all():
        if (lease := queue.lease(key)) is not None:
            failure = attempt(lease.send)
            queue.settle(lease, failure)
            delivered += failure is None
    delivery.finish()
    return delivered
