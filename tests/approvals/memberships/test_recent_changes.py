"""Mails that an approver causes by giving, taking back and giving again are bounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.clock import now, today
from app.database import db
from app.outbox import OutboxMail
from app.refusal import Refusal, RefusalError
from approvals.memberships import facts
from approvals.memberships.actions import (
    end_stand_in,
    make_approver,
    name_stand_in,
    remove_member,
    restore_member,
    stop_approver,
    suspend_member,
    undo_removal,
)
from approvals.memberships.models import Membership
from approvals.memberships.rules import MOST_CHANGES, TOO_MANY_CHANGES
from approvals.organisations.models import Organisation
from tests.approvals import world

pytestmark = pytest.mark.usefixtures("app")
Act = Callable[[Membership, Membership], None]


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True)


@pytest.fixture
def bob(school: Organisation, ann: Membership) -> Membership:
    return world.member(school, "bob@ashfield.example", "School_Anon")


def remove_and_undo(ann: Membership, bob: Membership) -> None:
    removed = remove_member(membership_of(bob), actor=world.acting(ann))
    undo_removal(removed, actor=world.acting(ann))


def suspend_and_restore(ann: Membership, bob: Membership) -> None:
    suspend_member(membership_of(bob), reason="On leave", actor=world.acting(ann))
    restore_member(membership_of(bob), actor=world.acting(ann))


def make_and_stop(ann: Membership, bob: Membership) -> None:
    make_approver(membership_of(bob), actor=world.acting(ann))
    stop_approver(membership_of(bob), actor=world.acting(ann))


def name_and_end(ann: Membership, bob: Membership) -> None:
    first = today() + timedelta(days=7)
    name_stand_in(membership_of(bob), first_day=first, last_day=first, actor=world.acting(ann))
    end_stand_in(membership_of(bob), actor=world.acting(ann))


def membership_of(bob: Membership) -> Membership:
    assert bob.account_id is not None
    found = facts.membership_of(bob.account_id, bob.organisation_id)
    assert found is not None
    return found


def act_until_refused(act: Callable[[], None]) -> Refusal | None:
    """Return the refusal of one of at most eleven acts."""
    for _ in range(MOST_CHANGES + 1):
        try:
            act()
        except RefusalError as error:
            return error.refusal
    return None


def mails_to(bob: Membership) -> int:
    statement = select(func.count(OutboxMail.id)).where(OutboxMail.recipient == bob.email)
    return db.session.scalar(statement) or 0


@pytest.mark.parametrize("act", [remove_and_undo, suspend_and_restore, make_and_stop, name_and_end])
def test_changes_that_give_a_person_something_are_ten_a_day(
    ann: Membership, bob: Membership, act: Act
) -> None:
    before = mails_to(bob)
    refused = act_until_refused(lambda: act(ann, bob))
    assert refused == TOO_MANY_CHANGES
    assert mails_to(bob) - before <= 2 * MOST_CHANGES


def test_changes_of_a_removed_and_restored_person_go_on_to_count(
    ann: Membership, bob: Membership
) -> None:
    for _ in range(4):
        make_and_stop(ann, bob)
        remove_and_undo(ann, bob)
    make_and_stop(ann, bob)
    with pytest.raises(RefusalError) as refused:
        remove_and_undo(ann, bob)
    assert refused.value.refusal == TOO_MANY_CHANGES


def test_removal_and_suspension_are_never_refused_for_their_number(
    ann: Membership, bob: Membership
) -> None:
    for _ in range(MOST_CHANGES - 1):
        make_and_stop(ann, bob)
    suspend_member(membership_of(bob), reason="On leave", actor=world.acting(ann))
    remove_member(membership_of(bob), actor=world.acting(ann))


def test_changes_count_for_24_hours_and_for_one_organisation(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    with time_machine.travel(now(), tick=True) as clock:
        for _ in range(MOST_CHANGES - 1):
            make_and_stop(ann, bob)
        other = world.school("Brook School", "100002")
        head = world.member(other, "hen@brook.example", approver=True)
        make_and_stop(head, world.member(other, bob.email))
        clock.shift(timedelta(hours=24, minutes=1))
        make_and_stop(ann, bob)
