"""Delivery of many mails by the worker's job: several at once, urgent ones first."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from structlog.testing import capture_logs

from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail, delivery, send_mail
from tests.conftest import application, settings
from tests.deliveries import deliver_due
from tests.servers import smtp

TEMPLATE = "accounts/suspended"


@pytest.fixture
def server() -> Iterator[smtp.MailServer]:
    with smtp.running() as running:
        yield running


@pytest.fixture
def app(database_url: str, server: smtp.MailServer) -> Iterator[Flask]:
    chosen = settings(
        database_url,
        smtp_host=server.host,
        smtp_port=server.port,
        smtp_security="none",
        smtp_connections=4,
    )
    with application(chosen) as flask:
        yield flask
        delivery.finish()


def promise(*names: str, urgent: bool = False) -> None:
    with writing():
        for name in names:
            send_mail(
                to=f"{name}@school.example",
                template=TEMPLATE,
                context={"name": name},
                urgent=urgent,
            )


def change(name: str, **values: str) -> None:
    """Change the mail to that person in the database."""
    with writing() as session:
        session.execute(
            update(OutboxMail)
            .where(OutboxMail.recipient == f"{name}@school.example")
            .values(values)
        )


def work() -> None:
    """Do the worker's job until no mail is due or under way."""
    while delivery.deliver():
        time.sleep(0.01)


def receivers(server: smtp.MailServer) -> list[str]:
    return [mail.recipients[0].partition("@")[0] for mail in server.received]


def test_mails_go_out_at_once_over_connections_that_are_kept(
    app: Flask, server: smtp.MailServer
) -> None:
    names = [f"person{number}" for number in range(24)]
    promise(*names)
    server.seconds = 0.1
    began = time.monotonic()
    work()
    assert sorted(receivers(server)) == sorted(names)
    assert len(server.clients) == 4
    assert time.monotonic() - began < 24 * server.seconds


def test_urgent_mail_goes_before_those_that_have_waited_longer(
    app: Flask, server: smtp.MailServer
) -> None:
    promise(*[f"bulk{number}" for number in range(20)])
    promise("reset", urgent=True)
    server.seconds = 0.05
    work()
    assert "reset" in receivers(server)[:4]


def test_connection_that_the_mail_server_has_ended_costs_no_attempt(
    app: Flask, server: smtp.MailServer
) -> None:
    promise("ann")
    work()
    server.end_connections()
    promise("bob")
    work()
    assert receivers(server) == ["ann", "bob"]
    assert set(db.session.scalars(select(OutboxMail.attempts))) == {1}


def test_connection_serves_on_after_a_refused_recipient(
    app: Flask, server: smtp.MailServer
) -> None:
    server.recipient_refusal = "550 5.1.1 Unknown user"
    promise("ann")
    work()
    server.recipient_refusal = None
    promise("bob")
    work()
    assert receivers(server) == ["bob"]
    assert len(server.clients) == 1


def test_mail_that_no_key_opens_waits_with_its_reason_and_harms_no_other(
    app: Flask, server: smtp.MailServer
) -> None:
    promise("ann", "bob")
    change("ann", sealed_text="sealed by another key")
    work()
    assert receivers(server) == ["bob"]
    listed = app.test_cli_runner().invoke(args=["mails", "waiting"]).output
    assert "ann@school.example" in listed
    assert "no key of SECURE_ACCESS_ENCRYPTION_KEYS opens the mail" in " ".join(listed.split())


def test_mail_that_cannot_be_encoded_is_given_up_with_its_reason_and_harms_no_other(
    app: Flask, server: smtp.MailServer
) -> None:
    promise("ann", "bob")
    change("ann", subject="two\nlines")
    work()
    assert receivers(server) == ["bob"]
    failed = db.session.scalars(select(OutboxMail).where(OutboxMail.state == "failed")).one()
    assert failed.last_error == "ValueError"


def test_mail_that_is_sent_twice_has_the_same_message_id(
    app: Flask, server: smtp.MailServer
) -> None:
    promise("ann")
    lease = delivery.MAILS.lease(db.session.scalars(select(OutboxMail.id)).one())
    assert lease is not None
    # The worker dies before it can note the delivery.
    lease.send()
    with time_machine.travel(now() + timedelta(minutes=3)):
        assert deliver_due() == 1
    first, second = (mail.message["Message-ID"] for mail in server.received)
    assert first == second


def test_each_attempt_is_one_line_of_the_log_without_the_local_part(
    app: Flask, server: smtp.MailServer
) -> None:
    server.refusal = "451 4.7.1 Greylisted"
    promise("zebedee")
    with capture_logs() as lines:
        work()
        server.refusal = None
        with time_machine.travel(now() + timedelta(minutes=3)):
            deliver_due()
    assert [(line["event"], line["domain"], line["attempts"]) for line in lines] == [
        ("a mail is tried again later", "school.example", 1),
        ("a mail was delivered", "school.example", 2),
    ]
    assert "zebedee" not in json.dumps(lines)


def test_finish_begins_no_mail_and_stores_those_under_way(
    app: Flask, server: smtp.MailServer
) -> None:
    promise(*[f"person{number}" for number in range(20)])
    server.seconds = 0.2
    delivery.deliver()
    while delivery.finish():
        time.sleep(0.01)
    assert len(server.received) == 4
    states = db.session.scalars(select(OutboxMail.state)).all()
    assert (states.count("sent"), states.count("waiting")) == (4, 16)
