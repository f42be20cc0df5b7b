"""Delivery of a queue by threads: a receiver that does not respond delays no other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic

from flask import Flask
from sqlalchemy import SQLColumnExpression, func, literal, select

from app.database import db
from app.queue.leased_queue import DeliveryFailed, Lease, LeasedQueue, RowType, Send, attempt


class ParallelDelivery(Generic[RowType]):
    """Threads that attempt the due rows of a queue: `at_once` together, and some per receiver.

    receiver: the column that says to whom a row goes; None where all go to one. first: the column
    that is true for rows that go before the others.
    """

    def __init__(
        self,
        app: Flask,
        queue: LeasedQueue[RowType],
        *,
        at_once: int,
        receiver: SQLColumnExpression[object] | None = None,
        at_once_per_receiver: int | None = None,
        first: SQLColumnExpression[bool] | None = None,
    ) -> None:
        self._app = app
        self._queue = queue
        self._receiver = receiver if receiver is not None else literal("")
        self._at_once = at_once
        self._at_once_per_receiver = at_once_per_receiver or at_once
        self._first = [] if first is None else [first.desc()]
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="delivery")
        self._under_way: dict[Future[DeliveryFailed | None], tuple[Lease, Hashable]] = {}
        self._lock = threading.Lock()

    def step(self) -> bool:
        """Store the results that have arrived and begin the attempts that are due.

        Returns whether an attempt is under way. Waits for no receiver.
        """
        with self._lock:
            self._settle()
            for lease, receiver in self._leases():
                self._under_way[self._pool.submit(self._attempt, lease.send)] = lease, receiver
            return bool(self._under_way)

    def finish(self) -> bool:
        """Store the results that have arrived. Return whether an attempt is under way."""
        with self._lock:
            self._settle()
            return bool(self._under_way)

    def _settle(self) -> None:
        for future, (lease, _) in list(self._under_way.items()):
            if future.done():
                # A result that the database does not take is stored at the next step.
                self._queue.settle(lease, future.result())
                del self._under_way[future]

    def _attempt(self, send: Send) -> DeliveryFailed | None:
        with self._app.app_context():
            return attempt(send)

    def _leases(self) -> Iterator[tuple[Lease, Hashable]]:
        """Lease due rows with their receivers, the first row of each receiver before the second."""
        table, each = self._queue.table, self._at_once_per_receiver
        free = self._at_once - len(self._under_way)
        if free == 0:
            return
        busy = Counter(receiver for _, receiver in self._under_way.values())
        full = [receiver for receiver, count in busy.items() if count >= each]
        order = [*self._first, table.next_attempt_at, table.id]
        rank = func.row_number().over(partition_by=self._receiver, order_by=order)
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
            .limit(free)
        ).all()
        for key, receiver in rows:
            if busy[receiver] < each and (lease := self._queue.lease(key)) is not None:
                busy[receiver] += 1
                yield lease, receiver
