"""Digests of mails about tasks: one a day, none lost, none twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail
from app.vault import decrypt
from approvals.memberships import mails
from approvals.memberships.actions import stop_approver
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.task_mails import digests
from approvals.task_mails.actions import choose_digest, hour_in_words, mail_decider
from approvals.task_mails.models import DigestMail
from approvals.task_mails.rules import TASK_MAILS, latest_digest_moment
from identity.accounts.models import Account
from identity.administration import suspension
from tests.approvals import world
from tests.approvals.world import COMMAND
from tests.attacks.test_kinds_of_links import KINDS
from tests.races import race
from wsgi import ROOT

ANN = "ann@ashfield.example"
MORNING = datetime(2026, 1, 14, 8, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def school(app: Flask, clock: time_machine.Traveller) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    world.member(school, "zoe@ashfield.example", approver=True, given_name="Zoe")
    return world.member(school, ANN, approver=True, given_name="Ann", family_name="Dean")


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return world.invited(school, "bob@ashfield.example", given_name="Bob", family_name="Cole")


def choose(person: Membership, hour: int | None) -> Account:
    account = world.who(person)
    choose_digest(account.id, hour)
    return account


def task(school: Organisation, about: Membership, template: str = "renewal_asked") -> None:
    with writing():
        mails.mail_approvers(template, school, about)


def sent(template: str = "task_mails/digest") -> list[str]:
    """Texts of Ann's mails of that template, subject first."""
    rows = db.session.scalars(
        select(OutboxMail)
        .where(OutboxMail.recipient == ANN, OutboxMail.template == template)
        .order_by(OutboxMail.id)
    )
    return [f"{row.subject}\n{decrypt(row.sealed_text or '', purpose='mail')}" for row in rows]


def waiting() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(DigestMail)) or 0


def test_digest_has_all_mails_of_the_day_at_the_chosen_hour(
    school: Organisation, ann: Membership, bob: Membership, clock: time_machine.Traveller
) -> None:
    choose(ann, 9)
    task(school, bob)
    task(school, bob, "declined")
    digests.send_due(now())
    assert sent() == []
    clock.move_to(MORNING.replace(hour=9, minute=0, second=1))
    digests.send_due(now())
    (text,) = sent()
    assert text.startswith("2 emails about your tasks\n")
    assert text.count("Hello Ann Dean,") == 1
    assert "Bob Cole" in text
    assert f"\nhttp://localhost:8000/o/{school.public_id}/" in text
    assert "\nhttp://localhost:8000/account/task-mails" in text
    assert waiting() == 0


def test_mail_about_a_task_comes_at_once_without_a_digest(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    task(school, bob)
    assert len(sent("memberships/renewal_asked")) == 1


def test_mail_about_an_approver_comes_at_once_with_a_digest(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    choose(ann, 9)
    task(school, bob, "approver_restored")
    assert len(sent("memberships/approver_restored")) == 1
    assert waiting() == 0


def test_digest_without_mails_is_not_sent(
    school: Organisation, ann: Membership, clock: time_machine.Traveller
) -> None:
    choose(ann, 9)
    clock.shift(timedelta(days=2))
    digests.send_due(now())
    assert sent() == []


def test_digest_of_a_mail_after_the_hour_is_sent_the_next_day(
    school: Organisation, ann: Membership, bob: Membership, clock: time_machine.Traveller
) -> None:
    choose(ann, 8)
    task(school, bob)
    clock.move_to(MORNING.replace(hour=23))
    digests.send_due(now())
    assert sent() == []
    clock.move_to(MORNING.replace(day=15, hour=8, minute=0, second=1))
    digests.send_due(now())
    assert len(sent()) == 1


def test_digest_is_sent_once_by_forty_workers(
    app: Flask,
    school: Organisation,
    ann: Membership,
    bob: Membership,
    clock: time_machine.Traveller,
) -> None:
    choose(ann, 9)
    task(school, bob)
    clock.shift(timedelta(hours=2))
    at = now()
    race(app, lambda _: digests.send_due(at))
    assert len(sent()) == 1


def test_digest_is_sent_once_a_day_after_a_change_of_the_hour(
    school: Organisation, ann: Membership, bob: Membership, clock: time_machine.Traveller
) -> None:
    choose(ann, 9)
    task(school, bob)
    clock.move_to(MORNING.replace(hour=10))
    digests.send_due(now())
    task(school, bob)
    choose(ann, 15)
    clock.move_to(MORNING.replace(hour=16))
    digests.send_due(now())
    assert len(sent()) == 1
    clock.shift(timedelta(days=1))
    digests.send_due(now())
    assert len(sent()) == 2


def test_mails_that_wait_are_sent_one_by_one_when_the_digest_is_switched_off(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    choose(ann, 9)
    task(school, bob)
    task(school, bob, "declined")
    choose(ann, None)
    digests.send_due(now())
    texts = sent("task_mails/waited")
    assert len(texts) == 2
    assert all("Bob Cole" in text for text in texts)
    assert all("http://localhost:8000/o/" in text for text in texts)


def test_digest_reaches_a_person_who_stopped_being_an_approver(
    school: Organisation, ann: Membership, bob: Membership, clock: time_machine.Traveller
) -> None:
    choose(ann, 9)
    task(school, bob)
    stop_approver(ann, actor=COMMAND)
    clock.shift(timedelta(hours=1))
    digests.send_due(now())
    assert len(sent()) == 1


def test_digest_of_a_suspended_person_waits_for_their_return(
    school: Organisation, ann: Membership, bob: Membership, clock: time_machine.Traveller
) -> None:
    account = choose(ann, 9)
    task(school, bob)
    suspension.suspend(account, actor=COMMAND)
    clock.shift(timedelta(hours=1))
    digests.send_due(now())
    assert sent() == []
    suspension.restore(account, actor=COMMAND)
    digests.send_due(now())
    assert len(sent()) == 1


def test_digest_that_no_key_opens_waits_and_harms_no_other(
    school: Organisation, ann: Membership, bob: Membership, clock: time_machine.Traveller
) -> None:
    zoe = db.session.scalars(select(Account).where(Account.given_name == "Zoe")).one()
    choose_digest(zoe.id, 9)
    task(school, bob)
    with writing() as session:
        session.scalars(select(DigestMail)).one().sealed_text = "sealed by another key"
    choose(ann, 9)
    with writing():
        mails.mail_approvers("declined", school, bob)
    clock.shift(timedelta(hours=1))
    digests.send_due(now())
    assert len(sent()) == 1
    assert waiting() == 2


def test_digest_of_many_mails_is_sent_in_parts(
    school: Organisation,
    ann: Membership,
    bob: Membership,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digests, "MOST_MAILS", 2)
    choose(ann, 9)
    for _ in range(5):
        task(school, bob)
    clock.shift(timedelta(hours=1))
    digests.send_due(now())
    assert [text.partition("\n")[0] for text in sent()] == [
        "2 emails about your tasks",
        "2 emails about your tasks",
        "1 email about your tasks",
    ]


@pytest.mark.parametrize("seed", range(3))
def test_no_mail_is_lost_or_sent_twice_whatever_the_person_chooses(
    school: Organisation, ann: Membership, clock: time_machine.Traveller, seed: int
) -> None:
    chance, added, account = Random(seed), 0, world.who(ann)
    for _ in range(40):
        match chance.randrange(3):
            case 0:
                added += 1
                context = {"organisation": school.name, "connection": f"No{added:03}", "count": 1}
                with writing():
                    mail_decider(account, "memberships/suspended", context)
            case 1:
                choose(ann, chance.choice([None, 0, 7, 12, 23]))
            case _:
                clock.shift(timedelta(hours=chance.randrange(1, 30)))
                digests.send_due(now())
    choose(ann, None)
    digests.send_due(now())
    assert waiting() == 0
    texts = sent() + sent("task_mails/waited") + sent("memberships/suspended")
    found = re.findall(r"The sign-in with No(\d+) was switched off", "\n".join(texts))
    assert sorted(map(int, found)) == list(range(1, added + 1))


@pytest.mark.parametrize(
    ("hour", "at", "moment"),
    [
        (9, "2026-01-14T08:59:59+00:00", "2026-01-13T09:00:00+00:00"),
        (9, "2026-01-14T09:00:00+00:00", "2026-01-14T09:00:00+00:00"),
        (9, "2026-07-14T08:00:00+00:00", "2026-07-14T08:00:00+00:00"),
        (0, "2026-07-13T23:30:00+00:00", "2026-07-13T23:00:00+00:00"),
        # The clocks skip from 1am to 2am on 29 March 2026.
        (1, "2026-03-29T00:59:59+00:00", "2026-03-28T01:00:00+00:00"),
        (1, "2026-03-29T01:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        (9, "2026-03-29T08:00:00+00:00", "2026-03-29T08:00:00+00:00"),
        # They repeat the hour from 1am on 25 October 2026.
        (1, "2026-10-25T00:30:00+00:00", "2026-10-25T00:00:00+00:00"),
        (1, "2026-10-25T01:30:00+00:00", "2026-10-25T00:00:00+00:00"),
        (9, "2026-10-25T08:59:59+00:00", "2026-10-24T08:00:00+00:00"),
        (9, "2026-10-25T09:00:00+00:00", "2026-10-25T09:00:00+00:00"),
    ],
)
def test_digest_moment_is_the_hour_in_london(hour: int, at: str, moment: str) -> None:
    found = latest_digest_moment(hour, datetime.fromisoformat(at))
    assert found == datetime.fromisoformat(moment)


def test_mails_of_a_digest_have_templates_and_no_link_for_one_person() -> None:
    for template in TASK_MAILS:
        assert (ROOT / "templates" / "mail" / f"{template}.txt").is_file()
    with_links = set().union(*(kind.templates for kind in KINDS.values()))
    assert not TASK_MAILS & with_links


@pytest.mark.parametrize(
    ("hour", "words"),
    [(0, "midnight"), (1, "1am"), (11, "11am"), (12, "midday"), (13, "1pm"), (23, "11pm")],
)
def test_hour_of_a_digest_is_in_words(hour: int, words: str) -> None:
    assert hour_in_words(hour) == words
