"""Delivery of a queue by threads: a receiver that does not respond delays no other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic

from flask import Flask
from sqlalchemy import SQLColumnExpression, func, select

from app.database import db
from app.queue.leased_queue import DeliveryFailed, Lease, LeasedQueue, RowType, Send, attempt


class ParallelDelivery(Generic[RowType]):
    """Threads that attempt the due rows of a queue: `at_once` together, and some per receiver.

    receiver: the column that says to whom a row goes.
    """

    def __init__(
        self,
        app: Flask,
        queue: LeasedQueue[RowType],
        *,
        receiver: SQLColumnExpression[object],
        at_once: int,
        at_once_per_receiver: int,
    ) -> None:
        self._app = app
        self._queue = queue
        self._receiver = receiver
        self._at_once = at_once
        self._at_once_per_receiver = at_once_per_receiver
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="delivery")
        self._under_way: dict[Future[DeliveryFailed | None], tuple[Lease, Hashable]] = {}
        self._lock = threading.Lock()

    def step(self) -> bool:
        """Store the results that have arrived and begin the attempts that are due.

        Returns whether an attempt is under way. Waits for no receiver.
        """
        with self._lock:
            for future in [each for each in self._under_way if each.done()]:
                lease, _ = self._under_way.pop(future)
                self._queue.settle(lease, future.result())
            for lease, receiver in self._leases():
                self._under_way[self._pool.submit(self._attempt, lease.send)] = lease, receiver
            return bool(self._under_way)

    def _attempt(self, send: Send) -> DeliveryFailed | None:
        with self._app.app_context():
            return attempt(send)

    def _leases(self) -> Iterator[tuple[Lease, Hashable]]:
        """Lease due rows with their receivers, the first row of each receiver before the second."""
        table, each = self._queue.table, self._at_once_per_receiver
        busy = Counter(receiver for _, receiver in self._under_way.values())
        full = [receiver for receiver, count in busy.items() if count >= each]
        rank = func.row_number().over(partition_by=self._receiver, order_by=table.next_attempt_at)
        due = (
            select(table.id, self._receiver.label("receiver"), table.next_attempt_at)
            .add_columns(rank.label("rank"))
            .where(self._queue.is_due(), self._receiver.not_in(full))
            .subquery()
        )
        rows = db.session.execute(
            select(due.c.id, due.c.receiver)
            .where(due.c.rank <= each)
            .order_by(due.c.rank, due.c.next_attempt_at)
            .limit(self._at_once - len(self._under_way))
        ).all()
        for key, receiver in rows:
            if busy[receiver] < each and (lease := self._queue.lease(key)) is not None:
                busy[receiver] += 1
                yield lease, receiver
