"""Delivery through the HTTP API of GOV.UK Notify, against a stand-in that checks tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from structlog.testing import capture_logs

from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail, delivery, notify_statuses, send_mail
from app.outbox.delivery import MAILS
from tests.conftest import application, settings
from tests.deliveries import deliver_due
from tests.servers import notify

TEMPLATE = "accounts/suspended"
INVALID = notify.error(400, "ValidationError", "email_address Not a valid email address: zebedee")


@pytest.fixture
def service() -> Iterator[notify.NotifyService]:
    with notify.running() as running:
        yield running


@pytest.fixture
def app(database_url: str, service: notify.NotifyService) -> Iterator[Flask]:
    chosen = settings(
        database_url,
        notify_api_key=service.api_key,
        notify_template_id=notify.TEMPLATE,
        notify_url=service.url,
    )
    with application(chosen) as flask:
        yield flask
        delivery.finish()


def promise(name: str = "zebedee") -> OutboxMail:
    with writing():
        send_mail(to=f"{name}@school.example", template=TEMPLATE, context={"name": "Zoë"})
    return db.session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first() or fail()


def fail() -> OutboxMail:
    raise AssertionError("no mail")


def state(mail: OutboxMail) -> tuple[str, str | None]:
    db.session.expire_all()
    return mail.state, mail.last_error


def ask_for_statuses() -> None:
    """Do the worker's job until no request for statuses is due or under way."""
    while notify_statuses.check_due():
        time.sleep(0.005)


def test_notify_gets_recipient_subject_text_and_reference(
    app: Flask, service: notify.NotifyService
) -> None:
    mail = promise()
    assert deliver_due() == 1
    (sent,) = service.notifications
    assert sent["email_address"] == "zebedee@school.example"
    assert sent["reference"] == mail.public_id
    assert "suspended" in sent["personalisation"]["subject"]
    assert "Zoë" in sent["personalisation"]["body"]
    assert state(mail) == ("sent", None)


@pytest.mark.parametrize(
    "reply",
    [
        INVALID,
        notify.error(413, "PayloadTooLargeError", "zebedee"),
    ],
)
def test_notify_refusal_of_the_mail_is_final(
    app: Flask, service: notify.NotifyService, reply: notify.Reply
) -> None:
    service.replies = [reply]
    mail = promise()
    with capture_logs() as lines:
        deliver_due()
    name = reply[1]["errors"][0]["error"]
    assert state(mail) == ("refused", f"GOV.UK Notify {reply[0]} {name}")
    assert "zebedee" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (
            notify.error(400, "BadRequestError", "Can't send to this recipient using a team key"),
            "400 BadRequestError: check the template, and whether the API key may send to",
        ),
        (
            notify.error(403, "AuthError", "Invalid token: API key not found"),
            "403 AuthError: check SECURE_ACCESS_NOTIFY_API_KEY",
        ),
        (notify.error(429, "RateLimitError", "3000 requests per 60 seconds"), "429 RateLimitError"),
        (notify.error(429, "TooManyRequestsError", "Exceeded send limits"), "TooManyRequestsError"),
        (notify.error(500, "Exception", "Internal server error"), "500 Exception"),
        ((503, {"errors": "no list"}), "GOV.UK Notify 503"),
        ((200, {}), "GOV.UK Notify 200"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>", "GOV.UK Notify 502"),
        (b"nonsense", "GOV.UK Notify was not reached"),
    ],
)
def test_notify_failure_that_is_not_about_the_mail_is_retried(
    app: Flask, service: notify.NotifyService, reply: notify.Reply | bytes, cause: str
) -> None:
    service.replies = [reply]
    mail = promise()
    deliver_due()
    waiting, described = state(mail)
    assert waiting == "waiting"
    assert cause in (described or "")
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        assert deliver_due() == 1
    assert state(mail) == ("sent", None)
    assert len(service.notifications) == 1


def test_notify_token_of_a_wrong_clock_waits_with_its_cause(
    app: Flask, service: notify.NotifyService
) -> None:
    service.seconds_ahead = 60
    mail = promise()
    deliver_due()
    assert state(mail) == (
        "waiting",
        "GOV.UK Notify 403 AuthError: the clock of this machine is wrong",
    )


def test_notify_that_does_not_listen_is_retried(
    app: Flask, service: notify.NotifyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outbox.notify.SECONDS", 0.05)
    service.replies = [b""]
    mail = promise()
    deliver_due()
    assert state(mail) == ("waiting", "GOV.UK Notify was not reached")


def test_notify_mail_whose_response_was_lost_is_not_sent_twice(
    app: Flask, service: notify.NotifyService
) -> None:
    service.lose_responses = True
    mail = promise()
    deliver_due()
    assert state(mail) == ("waiting", "GOV.UK Notify was not reached")
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        assert deliver_due() == 1
    assert state(mail) == ("sent", None)
    assert len(service.notifications) == 1


def test_notify_mail_of_a_worker_that_died_is_not_sent_twice(
    app: Flask, service: notify.NotifyService
) -> None:
    mail = promise()
    lease = MAILS.lease(mail.id)
    assert lease is not None
    # The worker dies before it can store the delivery.
    lease.send()
    with time_machine.travel(now() + timedelta(minutes=3), tick=False):
        assert deliver_due() == 1
    assert len(service.notifications) == 1


def test_mail_that_notify_could_not_deliver_becomes_refused(
    app: Flask, service: notify.NotifyService
) -> None:
    rejected, delivered = promise("zebedee"), promise("ann")
    deliver_due()
    service.notifications[0]["status"] = "permanent-failure"
    with capture_logs() as lines:
        ask_for_statuses()
    assert state(rejected) == ("refused", "GOV.UK Notify permanent-failure")
    assert rejected.failed_at is not None
    assert state(delivered) == ("sent", None)
    assert [line["domain"] for line in lines if "cause" in line] == ["school.example"]
    assert "zebedee" not in json.dumps(lines)


def test_statuses_of_mails_are_asked_for_once_a_minute(
    app: Flask, service: notify.NotifyService
) -> None:
    ask_for_statuses()
    ask_for_statuses()
    assert service.listings == 1


def test_statuses_of_many_rejected_mails_are_all_recorded(
    app: Flask, service: notify.NotifyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "MOST_LISTED", 2)
    for number in range(5):
        promise(f"person{number}")
    deliver_due()
    for each in service.notifications:
        each["status"] = "permanent-failure"
    ask_for_statuses()
    assert set(db.session.scalars(select(OutboxMail.state))) == {"refused"}


def test_statuses_that_notify_does_not_tell_change_nothing(
    app: Flask, service: notify.NotifyService
) -> None:
    mail = promise()
    deliver_due()
    service.seconds_ahead = 300
    ask_for_statuses()
    assert state(mail) == ("sent", None)


def test_notify_secret_stays_out_of_logs(
    app: Flask, service: notify.NotifyService, capfd: pytest.CaptureFixture[str]
) -> None:
    service.replies = [notify.error(403, "AuthError", f"Invalid {notify.SECRET}"), b"nonsense"]
    promise("ann")
    promise("bob")
    deliver_due()
    ask_for_statuses()
    logged = capfd.readouterr()
    assert notify.SECRET not in logged.err + logged.out
    assert "Bearer" not in logged.err + logged.out
