"""The worker's part: mails to deciders and askers, and requests whose subject is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.database import db, writing
from approvals.access_requests import actions, notices
from approvals.pending_decisions.decisions import Ending
from approvals.pending_decisions.models import PendingDecision
from identity.administration import suspension
from tests.approvals import world
from tests.approvals.access_requests.asking import Asking, asking, current, file
from tests.races import race

WAITING = "access_requests/waiting"
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def scene(app: Flask) -> Asking:
    return asking()


def mailed() -> list[str]:
    """Send what is due; return the names of those who got a mail, in order."""
    before = len(world.mails(WAITING))
    notices.work()
    db.session.rollback()
    return sorted(to.partition("@")[0] for to, _ in world.mails(WAITING)[before:])


def test_approvers_are_mailed_once_about_a_new_request(scene: Asking) -> None:
    file(scene.nina, scene.school)
    assert mailed() == ["abe", "ann"]
    assert mailed() == []
    text = world.mails(WAITING)[0][1]
    assert "Nina New: School Named, Ashfield School" in text
    assert f"/o/{scene.school.public_id}/requests" in text


def test_deciders_get_at_most_one_mail_a_day(scene: Asking, clock: time_machine.Traveller) -> None:
    file(scene.nina, scene.school)
    mailed()
    for number in range(5):
        file(world.account(f"p{number}@home.example"), scene.school)
        clock.shift(timedelta(hours=4))
        assert mailed() == []
    clock.shift(timedelta(hours=4))
    assert mailed() == ["abe", "ann"]
    assert "6 requests for access wait for you" in world.mails(WAITING)[-1][1]


def test_requests_that_are_withdrawn_and_sent_again_cause_no_more_mails(scene: Asking) -> None:
    for _ in range(8):
        request = file(scene.nina, scene.school)
        mailed()
        actions.withdraw(request, scene.nina)
    assert len(world.mails(WAITING)) == 2


def test_forty_workers_send_one_mail_to_each_decider(app: Flask, scene: Asking) -> None:
    file(scene.nina, scene.school)
    race(app, lambda _number: notices.work())
    assert sorted(to for to, _ in world.mails(WAITING)) == [
        "abe@ashfield.example",
        "ann@ashfield.example",
    ]


def test_request_is_reminded_of_and_passed_on_by_age(
    scene: Asking, clock: time_machine.Traveller
) -> None:
    request = file(scene.nina, scene.school)
    by_day = []
    for _ in range(12):
        by_day.append(mailed())
        clock.shift(A_DAY)
    near = ["abe", "ann"]
    assert by_day == [
        near, [], near, [], near, [*near, "tess"], [], [], [], [], [*near, "olive", "tess"], [],
    ]  # fmt: skip
    assert current(request).ended_at is None
    told = [text for _, text in world.mails("access_requests/passed_on")]
    assert len(told) == 2
    assert "the approvers of the body that Ashfield School belongs to" in told[0]
    assert "the operators of Secure Access" in told[1]
    assert len(world.audited("access_request.escalated")) == 2


def test_request_without_an_active_approver_is_with_the_parent_at_once(scene: Asking) -> None:
    for approver in (scene.ann, scene.abe):
        suspension.suspend(
            world.who(approver), actor=world.COMMAND, accepted=[scene.school.public_id]
        )
    file(scene.nina, scene.school)
    assert mailed() == ["tess"]
    assert f"/o/{scene.trust.public_id}/requests" in world.mails(WAITING)[0][1]


def test_request_goes_up_when_the_last_approver_is_suspended(scene: Asking) -> None:
    file(scene.nina, scene.school)
    assert mailed() == ["abe", "ann"]
    for approver in (scene.ann, scene.abe):
        suspension.suspend(
            world.who(approver), actor=world.COMMAND, accepted=[scene.school.public_id]
        )
    assert mailed() == ["tess"]


def test_request_without_approver_and_parent_is_with_the_operators(scene: Asking) -> None:
    lone = world.organisation("Brook School", urn="100002")
    file(scene.nina, lone)
    assert mailed() == ["olive"]
    assert "/ops/requests" in world.mails(WAITING)[0][1]


def test_request_ends_with_its_organisation_and_says_why(scene: Asking) -> None:
    request = file(scene.nina, scene.school)
    world.close(scene.school)
    assert mailed() == []
    assert current(request).ending == Ending.STOPPED
    assert "Ashfield School has closed." in world.mails("access_requests/ended")[0][1]
    assert len(world.audited("access_request.ended")) == 1


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        ({"service": "school_performance", "user_group": "MAT_Named"}, "no longer give"),
        ({"service": "gone", "user_group": "School_Named"}, "no longer offered"),
    ],
)
def test_request_ends_with_its_service_and_its_group(
    scene: Asking, details: dict[str, object], sentence: str
) -> None:
    request = file(scene.nina, scene.school)
    with writing():
        db.session.get_one(PendingDecision, request.id).details = details
    notices.work()
    assert current(request).ending == Ending.STOPPED
    assert sentence in world.mails("access_requests/ended")[0][1]


def test_age_alone_ends_no_request(scene: Asking, clock: time_machine.Traveller) -> None:
    request = file(scene.nina, scene.school)
    for _ in range(3):
        clock.shift(timedelta(days=200))
        notices.work()
    found = current(request)
    assert (found.ended_at, found.decided_at) == (None, None)
