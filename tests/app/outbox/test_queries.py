"""The list of mails: statuses, filters, and what it never shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import writing
from app.outbox import OutboxMail, send_mail, withdraw_mail
from app.outbox.queries import ListedMail, MailFilters, look_up_mails
from app.outbox.statuses import FAILED, MailStatus
from tests.deliveries import deliver_due

TEMPLATE = "accounts/suspended"


def promise(name: str) -> None:
    with writing():
        send_mail(
            to=f"{name}@school.example",
            template=TEMPLATE,
            context={"name": name},
            dedupe_key=name,
        )


def change(name: str, **values: object) -> None:
    with writing() as session:
        session.execute(update(OutboxMail).where(OutboxMail.dedupe_key == name).values(**values))


@pytest.fixture
def mails(app: Flask) -> None:
    """One mail with each status, named after it."""
    promise("sent")
    deliver_due()
    for status in MailStatus:
        if status is not MailStatus.SENT:
            promise(status.value)
    change("retried", last_error="SMTP 451", next_attempt_at=now() + timedelta(minutes=1))
    change("refused", state="refused", failed_at=now(), last_error="SMTP 550 5.1.1")
    change("given-up", state="failed", failed_at=now(), last_error="SMTP 451")
    with writing():
        withdraw_mail("withdrawn")


def listed_mails(*statuses: MailStatus, search: str = "") -> list[ListedMail]:
    return list(look_up_mails(MailFilters(search, frozenset(statuses)), page=1).rows)


@pytest.mark.usefixtures("mails")
def test_look_up_mails_finds_each_status() -> None:
    for status in MailStatus:
        assert [(mail.key, mail.status) for mail in listed_mails(status)] == [
            (status.value, status)
        ]
    assert {mail.key for mail in listed_mails(*FAILED)} == {"refused", "given-up"}


@pytest.mark.usefixtures("mails")
def test_look_up_mails_lists_all_latest_first() -> None:
    assert [mail.key for mail in listed_mails()] == [
        "withdrawn",
        "given-up",
        "refused",
        "retried",
        "queued",
        "sent",
    ]


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    ("search", "count"), [("given-up@", 1), ("SCHOOL.example", 6), ("%", 0), ("nobody", 0)]
)
def test_look_up_mails_finds_a_part_of_the_address(search: str, count: int) -> None:
    assert len(listed_mails(search=search)) == count


def test_mail_withdrawn_after_a_restore_by_an_earlier_version_counts_as_withdrawn(
    app: Flask,
) -> None:
    from app.after_restore import CAUSE

    promise("ann")
    change("ann", state="failed", failed_at=now(), last_error=CAUSE)
    assert [mail.status for mail in listed_mails()] == [MailStatus.WITHDRAWN]


@pytest.mark.usefixtures("mails")
def test_mails_list_command_filters_by_status_and_address(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    listed = run(args=["mails", "list", "--status", "refused"]).output
    assert "refused@school.example" in listed
    assert "SMTP 550 5.1.1" in listed
    assert "sent@school.example" not in listed
    assert "sent@school.example" in run(args=["mails", "list", "--to", "sent@"]).output
    assert "No mail matches." in run(args=["mails", "list", "--to", "nobody"]).output
    assert "2 of 6 mails." in run(args=["mails", "list", "--limit", "2"]).output


def test_mails_list_command_knows_every_status() -> None:
    from app.cli.mails import STATUSES

    assert set(STATUSES) == {status.value for status in MailStatus}
