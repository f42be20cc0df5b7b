"""Mail: promised with the change, delivered at least once, readable nowhere on the way."""

import email
import smtplib
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail, send_mail, withdraw_mail
from app.outbox.delivery import MAILS
from app.outbox.refusals import is_final
from app.retention import purge_expired
from approvals.settings import Settings
from tests.conftest import application, settings
from tests.deliveries import deliver_due
from tests.identity.oidc import signing_keys
from tests.servers import ports, smtp
from wsgi import ROOT

TEMPLATE = "Subject for {{ name }}\n\nHello {{ name }}\n\n{{ issuer }}/x\n"


@pytest.fixture(autouse=True)
def _a_template(monkeypatch: pytest.MonkeyPatch) -> None:
    loaders = [DictLoader({"mail/try.txt": TEMPLATE}), FileSystemLoader(ROOT / "templates")]
    monkeypatch.setattr(Flask, "jinja_loader", ChoiceLoader(loaders))


def _promise(name: str = "Ann", key: str | None = None) -> None:
    with writing():
        send_mail(to="ann@school.example", template="try", context={"name": name}, dedupe_key=key)


def _delivered(app_settings: Settings) -> list[EmailMessage]:
    folder = app_settings.mail_directory or Path()
    return [
        email.message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted(folder.glob("*.eml"))
    ]


def test_mail_is_delivered_as_text_and_html(app: Flask, app_settings: Settings) -> None:
    _promise()
    assert deliver_due() == 1
    (mail,) = _delivered(app_settings)
    assert mail["Subject"] == "Subject for Ann"
    assert mail["To"] == "ann@school.example"
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    assert "Hello Ann" in text.get_content()
    assert '<a href="http://localhost:8000/x">' in html.get_content()


def test_mail_enqueued_while_the_clock_was_ahead_is_delivered(app: Flask) -> None:
    with time_machine.travel(now() + timedelta(hours=2)):
        _promise()
    assert deliver_due() == 1


def _settings_without_a_mail_server(database_url: str) -> Settings:
    return settings(
        database_url, smtp_host="127.0.0.1", smtp_port=ports.free_port(), smtp_security="none"
    )


def test_send_mail_is_rolled_back_with_the_change(app: Flask) -> None:
    def fail() -> None:
        with writing():
            send_mail(to="ann@school.example", template="try", context={"name": "Ann"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert deliver_due() == 0


def test_mail_text_is_encrypted_at_rest_and_cleared_once_sent(app: Flask) -> None:
    _promise("Zebedee")
    waiting = db.session.scalars(select(OutboxMail)).one()
    assert waiting.sealed_text is not None
    assert "Zebedee" not in waiting.sealed_text
    deliver_due()
    db.session.expire_all()
    assert waiting.sealed_text is None


def test_send_mail_sends_one_mail_for_a_dedupe_key(app: Flask) -> None:
    _promise(key="once")
    _promise(key="once")
    assert deliver_due() == 1
    assert deliver_due() == 0


def test_TX_04_mail_escapes_markup_in_a_name(app: Flask, app_settings: Settings) -> None:
    _promise('<img src=x onerror="alert(1)">')
    deliver_due()
    html = _delivered(app_settings)[0].get_body(["html"])
    assert html is not None
    assert "<img" not in html.get_content()


def test_LK_15_mail_has_no_header_from_a_name(app: Flask, app_settings: Settings) -> None:
    _promise("Ann\r\nBcc: all@school.example")
    deliver_due()
    (mail,) = _delivered(app_settings)
    assert mail["Bcc"] is None


def test_mail_is_delivered_by_smtp(database_url: str) -> None:
    with smtp.running() as sink:
        chosen = settings(
            database_url, smtp_host=sink.host, smtp_port=sink.port, smtp_security="none"
        )
        with application(chosen):
            _promise()
            assert deliver_due() == 1
        assert [mail.recipients for mail in sink.wait_for(1)] == [("ann@school.example",)]


def test_mail_waits_while_the_mail_server_is_unreachable(database_url: str) -> None:
    with application(_settings_without_a_mail_server(database_url)):
        _promise()
        assert deliver_due() == 0
        mail = db.session.scalars(select(OutboxMail)).one()
        assert (mail.state, mail.attempts) == ("waiting", 1)
        assert mail.next_attempt_at > now()
        assert mail.last_error


def test_mail_is_given_up_after_the_last_attempt(database_url: str) -> None:
    with application(_settings_without_a_mail_server(database_url)):
        _promise()
        with time_machine.travel(now(), tick=False) as clock:
            for _ in range(MAILS.max_attempts):
                deliver_due()
                clock.shift(timedelta(hours=2))
        assert db.session.scalars(select(OutboxMail)).one().state == "failed"


def test_sent_mail_is_purged_after_a_month(app: Flask) -> None:
    _promise()
    deliver_due()
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        assert purge_expired()["sent mail"] == 1


def _settings_with(server: smtp.MailServer, database_url: str) -> Settings:
    return settings(
        database_url, smtp_host=server.host, smtp_port=server.port, smtp_security="none"
    )


@pytest.mark.parametrize("step", ["recipient", "content"])
def test_delivery_gives_up_a_mail_that_is_refused_for_good(
    database_url: str, capfd: pytest.CaptureFixture[str], step: str
) -> None:
    with smtp.running() as server, application(_settings_with(server, database_url)) as app:
        setattr(
            server,
            "recipient_refusal" if step == "recipient" else "refusal",
            "550 5.1.1 <ann@school.example>: ann is unknown",
        )
        _promise()
        deliver_due()
        mail = db.session.scalars(select(OutboxMail)).one()
        assert (mail.state, mail.attempts, mail.last_error) == ("refused", 1, "SMTP 550 5.1.1")
        assert mail.sealed_text is None
        logged = capfd.readouterr().err
        assert '"domain": "school.example"' in logged
        assert "SMTP 550 5.1.1" in logged
        assert "ann" not in logged.replace("cannot", "")
        signing_keys.ready()
        ready = app.test_client().get("/readyz")
        assert ready.status_code == 200
        assert ready.get_json()["detail"]["mails"] == (
            "1 mail could not be delivered in the last 7 days: see secure-access mails failed."
        )
        listed = app.test_cli_runner().invoke(args=["mails", "failed"]).output
        assert all(text in listed for text in ("ann@school.example", "try", "SMTP 550 5.1.1"))


def test_delivery_tries_again_after_a_temporary_refusal(database_url: str) -> None:
    with smtp.running() as server, application(_settings_with(server, database_url)) as app:
        server.refusal = "451 4.7.1 ann@school.example: greylisted"
        _promise()
        deliver_due()
        mail = db.session.scalars(select(OutboxMail)).one()
        assert (mail.state, mail.last_error) == ("waiting", "SMTP 451 4.7.1")
        signing_keys.ready()
        assert app.test_client().get("/readyz").get_json()["detail"] == {}
        assert (
            "No mail has failed." in app.test_cli_runner().invoke(args=["mails", "failed"]).output
        )
        server.refusal = None
        with time_machine.travel(now() + timedelta(hours=1), tick=False):
            assert deliver_due() == 1
        db.session.expire_all()
        assert mail.state == "sent"


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (smtplib.SMTPRecipientsRefused({"a@x.example": (550, b"no")}), True),
        (smtplib.SMTPRecipientsRefused({"a@x.example": (452, b"full")}), False),
        (smtplib.SMTPSenderRefused(553, b"no", "us@x.example"), True),
        (smtplib.SMTPSenderRefused(530, b"Authentication required", "us@x.example"), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(421, b"later"), False),
        (smtplib.SMTPAuthenticationError(535, b"wrong"), False),
        (smtplib.SMTPNotSupportedError("SMTPUTF8 not supported"), True),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), False),
    ],
)
def test_is_final_follows_the_reply_code(error: smtplib.SMTPException, final: bool) -> None:
    assert is_final(error) is final


def test_withdrawn_mail_is_not_delivered(app: Flask) -> None:
    _promise(key="once")
    with writing():
        withdraw_mail("once")
    assert deliver_due() == 0
    mail = db.session.scalars(select(OutboxMail)).one()
    assert (mail.state, mail.sealed_text) == ("withdrawn", None)
