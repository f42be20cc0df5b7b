"""A leased queue, with the table of mails and attempts of these tests."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.database.transaction import NotWriting
from app.outbox import OutboxMail
from app.outbox.delivery import MAILS
from app.queue import DeliveryFailed, LeasedQueue, Send
from app.queue.parallel import ParallelDelivery
from tests.deliveries import deliver_due
from tests.races import race


def enqueue(*recipients: str) -> None:
    with writing() as session:
        session.add_all(
            OutboxMail(
                dedupe_key=f"{recipient} {number}",
                template="try",
                recipient=recipient,
                subject="Try",
                sealed_text="sealed",
            )
            for number, recipient in enumerate(recipients)
        )


def queue(send: Send) -> LeasedQueue[OutboxMail]:
    return replace(MAILS, prepare=lambda _row: send, record=lambda _row: None)


def failing(cause: str, *, final: bool = False) -> Send:
    def fail() -> None:
        raise DeliveryFailed(cause, final=final)

    return fail


def row() -> OutboxMail:
    db.session.expire_all()
    return db.session.scalars(select(OutboxMail)).one()


def test_lease_is_given_to_one_of_many_workers(app: Flask) -> None:
    enqueue("ann@school.example")
    key = row().id
    mails = queue(lambda: None)
    leases = race(app, lambda _number: mails.lease(key))
    assert len([lease for lease in leases if lease is not None]) == 1
    assert row().attempts == 1


def test_queue_of_many_workers_sends_a_row_once(app: Flask) -> None:
    enqueue("ann@school.example")
    sent: list[int] = []
    mails = queue(partial(sent.append, 1))
    assert sum(race(app, lambda _number: deliver_due(mails))) == 1
    assert sent == [1]
    assert row().state == "sent"


def test_lease_is_refused_until_the_last_one_ends(app: Flask) -> None:
    enqueue("ann@school.example")
    mails, key = queue(lambda: None), row().id
    assert mails.lease(key) is not None
    assert mails.lease(key) is None
    with time_machine.travel(now() + mails.lease_time + timedelta(seconds=1)):
        assert mails.lease(key) is not None


def test_settle_leaves_a_row_that_has_been_leased_again(app: Flask) -> None:
    enqueue("ann@school.example")
    mails, key = queue(lambda: None), row().id
    late = mails.lease(key)
    assert late is not None
    with time_machine.travel(now() + mails.lease_time + timedelta(seconds=1)):
        held = mails.lease(key)
        assert held is not None
        mails.settle(late, DeliveryFailed("too late", final=True))
        assert (row().state, row().last_error) == ("waiting", None)
        mails.settle(held, None)
    assert row().state == "sent"


def test_settle_leaves_a_row_that_was_withdrawn_during_the_attempt(app: Flask) -> None:
    enqueue("ann@school.example")

    def withdraw_and_fail() -> None:
        with writing():
            MAILS.withdraw(cause="not needed")
        raise DeliveryFailed("not reached")

    assert deliver_due(queue(withdraw_and_fail)) == 0
    assert (row().state, row().last_error) == ("withdrawn", "not needed")


def test_settle_doubles_the_wait_up_to_the_longest(app: Flask) -> None:
    enqueue("ann@school.example")
    mails = replace(
        queue(failing("not reached")),
        first_retry=timedelta(minutes=1),
        longest_retry=timedelta(minutes=5),
        max_attempts=6,
    )
    waits = []
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(5):
            deliver_due(mails)
            waits.append((row().next_attempt_at - now()).total_seconds() / 60)
            clock.move_to(row().next_attempt_at)
        deliver_due(mails)
    assert waits == [1, 2, 4, 5, 5]
    assert (row().state, row().attempts) == ("failed", 6)


def test_settle_gives_up_after_a_final_failure_and_clears_the_text(app: Flask) -> None:
    enqueue("ann@school.example")
    deliver_due(queue(failing("x" * 300, final=True)))
    assert (row().state, row().sealed_text, row().last_error) == ("failed", None, "x" * 250)


def test_queue_does_not_count_an_attempt_with_nothing_to_send(app: Flask) -> None:
    enqueue("ann@school.example")

    def prepare(_row: OutboxMail) -> Send:
        raise DeliveryFailed("the link expired")

    assert deliver_due(replace(MAILS, prepare=prepare)) == 0
    assert (row().state, row().attempts) == ("failed", 0)


def test_queue_goes_on_after_an_unexpected_exception(app: Flask) -> None:
    enqueue("ann@school.example", "bob@school.example")

    def prepare(mail: OutboxMail) -> Send:
        return partial(check, mail.recipient)

    def check(recipient: str) -> None:
        assert recipient != "ann@school.example"

    assert deliver_due(replace(MAILS, prepare=prepare)) == 1
    rows = db.session.execute(
        select(OutboxMail.state, OutboxMail.last_error).order_by(OutboxMail.id)
    )
    assert [tuple(each) for each in rows] == [("waiting", "AssertionError"), ("sent", None)]


def test_has_failed_leaves_out_a_row_that_an_earlier_version_withdrew_after_a_restore(
    app: Flask,
) -> None:
    enqueue("ann@school.example", "bob@school.example")
    with writing():
        ann, bob = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id))
        ann.state, ann.failed_at, ann.last_error = "failed", now(), "restored"
        bob.state, bob.failed_at, bob.last_error = "failed", now(), "SMTP 550"
    failed = select(OutboxMail.recipient).where(MAILS.has_failed())
    assert db.session.scalars(failed).all() == ["bob@school.example"]


def test_withdraw_requires_a_transaction_that_writes(app: Flask) -> None:
    with pytest.raises(NotWriting):
        MAILS.withdraw()


def test_parallel_step_begins_the_permitted_number_per_receiver(app: Flask) -> None:
    enqueue(*["ann@school.example"] * 5, *["bob@school.example"] * 5)
    release, sent = threading.Event(), []

    def prepare(mail: OutboxMail) -> Send:
        recipient = mail.recipient

        def send() -> None:
            sent.append(recipient)
            release.wait(10)

        return send

    delivery = ParallelDelivery(
        app,
        replace(MAILS, prepare=prepare),
        receiver=OutboxMail.recipient,
        at_once=3,
        at_once_per_receiver=2,
    )
    assert delivery.step()
    assert delivery.step()
    leased = db.session.scalars(select(OutboxMail.recipient).where(OutboxMail.attempts == 1)).all()
    assert sorted(leased) == ["ann@school.example"] * 2 + ["bob@school.example"]
    release.set()
    while delivery.step():
        threading.Event().wait(0.01)
    assert set(db.session.scalars(select(OutboxMail.state))) == {"sent"}
    assert len(sent) == 10
