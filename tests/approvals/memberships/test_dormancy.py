"""Access without use: a warning after 90 days, a suspension after 180, one approver stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from app.audit import record
from app.clock import now
from app.database import db, writing
from approvals.decision.decision import decide
from approvals.memberships import dormancy
from approvals.memberships.actions import restore_member
from approvals.memberships.models import Membership
from approvals.memberships.suspension import open_suspensions
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.races import race

DAY = timedelta(days=1)


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def bob(school: Organisation) -> Membership:
    """Bob, who signs in once, on the day on which he joins."""
    return _signed_in(world.member(school, "bob@ashfield.example", "School_Named"))


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return _signed_in(world.member(school, "ann@ashfield.example", approver=True))


def _signed_in(person: Membership, at: datetime | None = None) -> Membership:
    with writing():
        world.who(person).last_signed_in_at = at or now()
    return person


def _look(days: int) -> None:
    with time_machine.travel(now() + days * DAY, tick=True):
        dormancy.warn_and_suspend()
    db.session.expire_all()


def _enter(person: Membership, where: Organisation, days: int) -> None:
    with time_machine.travel(now() + days * DAY, tick=True), writing():
        record(
            "service.entered",
            subject=world.who(person).subject,
            organisation=where.public_id,
            service=world.SERVICE,
            client="client",
            scope="openid",
            grant="grant",
        )


def test_unused_access_is_warned_of_once_and_then_suspended(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    _signed_in(ann, now() + 180 * DAY)
    _look(89)
    assert not world.mails("memberships/dormancy_warning")
    _look(91)
    _look(92)
    ((recipient, text),) = world.mails("memberships/dormancy_warning")
    assert recipient == bob.email
    assert "for 90 days" in text
    _look(180)
    assert not open_suspensions(bob)
    _look(182)
    assert [row.kind for row in open_suspensions(bob)] == ["dormancy"]
    refused = decide(world.who(bob), world.SERVICE, school, now() + 183 * DAY)
    assert refused.reasons[0].sentence == (
        "Access through Ashfield School waits for an approver: it had not been used for 180 days."
    )
    assert [to for to, _ in world.mails("memberships/dormant_suspended")] == [bob.email]
    assert [to for to, _ in world.mails("memberships/dormant_for_approver")] == [ann.email]


def test_use_here_puts_the_suspension_off_and_use_elsewhere_does_not(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    elm = world.organisation("Elm School", urn="100002")
    there = world.member(elm, bob.email, "School_Anon")
    _look(91)
    _enter(bob, school, 100)
    _look(182)
    assert not open_suspensions(bob)
    assert [row.kind for row in open_suspensions(there)] == ["dormancy"]
    assert dormancy.last_use_here(there, elm) is None
    _look(191)
    warned = [to for to, _ in world.mails("memberships/dormancy_warning")]
    assert warned.count(bob.email) == 3, "twice here, once there"


def test_suspension_needs_a_warning_90_days_before(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    _look(400)
    assert not open_suspensions(bob)
    _look(489)
    assert not open_suspensions(bob)
    _look(491)
    assert open_suspensions(bob)


def test_people_who_never_signed_in_are_left_out(school: Organisation, ann: Membership) -> None:
    dee = world.member(school, "dee@ashfield.example", "School_Named")
    _signed_in(ann, now() + 400 * DAY)
    _look(100)
    _look(300)
    assert not world.mails("memberships/dormancy_warning")
    assert not open_suspensions(dee)


def test_PR_09_last_active_approver_is_not_suspended_and_operators_are_told(
    school: Organisation, ann: Membership
) -> None:
    olive = world.operator()
    _look(91)
    _look(182)
    assert not open_suspensions(ann)
    ((recipient, text),) = world.mails("memberships/dormant_approver_stays")
    assert recipient == olive.email
    assert "only approver of Ashfield School" in text
    _look(183)
    assert len(world.mails("memberships/dormant_approver_stays")) == 1


def test_sign_in_of_an_approver_counts_as_use(school: Organisation, ann: Membership) -> None:
    second = _signed_in(world.member(school, "cal@ashfield.example", approver=True))
    _look(91)
    _signed_in(second, now() + 150 * DAY)
    _look(182)
    assert open_suspensions(ann)
    assert not open_suspensions(second)


def test_PR_09_dormant_approvers_are_suspended_at_once_but_one(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    second = _signed_in(world.member(school, "cal@ashfield.example", approver=True))
    _look(91)
    with time_machine.travel(now() + 182 * DAY, tick=True):
        race(app, lambda _number: dormancy.warn_and_suspend())
    db.session.expire_all()
    assert len([*open_suspensions(ann), *open_suspensions(second)]) == 1
    assert len(world.mails("memberships/dormant_suspended")) == 1


def test_restored_access_is_not_suspended_again_at_once(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    _signed_in(ann, now() + 400 * DAY)
    _look(91)
    _look(182)
    with time_machine.travel(now() + 183 * DAY, tick=True):
        page = browser(app, ann).get(path(school, "users", bob.public_id))
        assert "it had not been used for 180 days." in page.text
        assert "Last use here Never" in page.text
        restore_member(bob, actor=world.acting(ann))
        assert decide(world.who(bob), world.SERVICE, school, now()).allowed
    _look(184)
    _look(270)
    assert not open_suspensions(bob)
