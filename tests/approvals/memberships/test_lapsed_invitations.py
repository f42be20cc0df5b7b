"""Invitations that nobody answers end, are announced before, and take what they gave with them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.clock import day_of, now, today
from app.database import db, writing
from app.days import in_words
from approvals.memberships import facts
from approvals.memberships.actions import resend_invitation
from approvals.memberships.models import Appointment, Grant, Membership
from approvals.operators.actions import add_operator, appointments
from approvals.organisations.models import Organisation
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Invitation, InvitationState
from identity.email_address import EmailAddress
from identity.joining import lapsing
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.races import race

DAY = timedelta(days=1)
LAPSE = 14 + 90
"""Days after which an invitation of today lapses."""


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)


@pytest.fixture
def bob(school: Organisation, ann: Membership) -> Membership:
    return world.invited(school, "bob@ashfield.example", "School_Named", given_name="Bob")


def look(days: float = LAPSE + 0.1) -> None:
    with time_machine.travel(now() + days * DAY, tick=True):
        lapsing.end_lapsed()
    db.session.expire_all()


def invitation_of(membership: Membership) -> Invitation:
    return db.session.get_one(Invitation, membership.invitation_id, populate_existing=True)


def test_invitation_ends_ninety_days_after_its_link_with_what_it_gave(bob: Membership) -> None:
    look(LAPSE - 0.1)
    assert bob.open
    look()
    assert (bob.ended_cause, bob.ended_by, bob.account_id) == ("invitation lapsed", "system", None)
    grant = db.session.scalars(select(Grant).where(Grant.membership_id == bob.id)).one()
    assert grant.valid_to == bob.valid_to
    invitation = invitation_of(bob)
    assert (invitation.state, invitation.token_hash) == (InvitationState.LAPSED.value, None)
    (row,) = world.audited("membership.invitation_lapsed")
    assert (row.actor, row.detail["membership"]) == ("system", bob.public_id)
    assert len(world.audited("invitation.lapsed")) == 1


def test_invitation_that_was_sent_again_ends_ninety_days_after_the_newer_link(
    ann: Membership, bob: Membership
) -> None:
    with time_machine.travel(now() + 100 * DAY, tick=True):
        resend_invitation(bob, actor=world.acting(ann))
    look()
    assert bob.open
    look(100 + LAPSE + 0.1)
    assert not bob.open


def test_days_before_the_upgrade_do_not_count_for_an_invitation(bob: Membership) -> None:
    with writing():
        invitation_of(bob).lapse_counted_from = now() + 50 * DAY
    look()
    assert bob.open
    look(140.1)
    assert not bob.open


def test_accepted_invitation_does_not_end(school: Organisation, ann: Membership) -> None:
    look(400)
    assert ann.open
    assert invitation_of(ann).state == InvitationState.ACCEPTED.value


def test_other_invitations_of_the_address_go_on(bob: Membership, ann: Membership) -> None:
    elm = world.organisation("Elm School", urn="100002")
    with time_machine.travel(now() + 60 * DAY, tick=True):
        there = world.invited(elm, bob.email, given_name="Bob")
    look()
    assert not bob.open
    assert there.open
    assert invitation_of(there).state == InvitationState.OPEN.value


def test_access_that_waits_for_a_second_approver_ends_with_the_invitation(
    school: Organisation,
) -> None:
    department = db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()
    giver = world.member(department, "dee@dfe.example", approver=True)
    world.member(department, "eve@dfe.example", approver=True)
    cal = world.invited(
        department,
        "cal@dfe.example",
        "DfE_Named",
        last_day=today() + 300 * DAY,
        actor=world.acting(giver),
    )
    (waiting,) = db.session.scalars(select(PendingDecision)).all()
    assert waiting.ended_at is None
    look()
    assert not cal.open
    assert waiting.ended_at is not None


def test_invited_approver_whose_invitation_ends_leaves_the_approvers_as_they_are(
    school: Organisation, ann: Membership
) -> None:
    cal = world.invited(school, "cal@ashfield.example", approver=True)
    before = facts.active_approvers(school.id)
    look()
    appointment = db.session.scalars(
        select(Appointment).where(Appointment.membership_id == cal.id)
    ).one()
    assert appointment.valid_to == cal.valid_to is not None
    assert facts.active_approvers(school.id) == before


def test_person_whose_invitation_ended_is_invited_again_as_a_new_one(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    look()
    with time_machine.travel(now() + 110 * DAY, tick=True):
        again = world.invited(school, bob.email, "School_Anon", actor=world.acting(ann))
        world.join(again)
        assert world.held(again) == ["School_Anon"]
    assert not bob.open


def test_forty_workers_end_an_invitation_once(app: Flask, bob: Membership) -> None:
    with time_machine.travel(now() + (LAPSE + 0.1) * DAY, tick=True):
        race(app, lambda _number: lapsing.end_lapsed())
    assert len(world.audited("membership.invitation_lapsed")) == 1
    assert len(world.audited("invitation.lapsed")) == 1


def test_invitation_sent_again_while_forty_workers_end_it_is_open_or_refused(
    app: Flask, ann: Membership, bob: Membership
) -> None:
    acting, key = world.acting(ann), bob.id

    def act(number: int) -> bool:
        if number % 2:
            lapsing.end_lapsed()
            return False
        try:
            resend_invitation(db.session.get_one(Membership, key), actor=acting)
        except Exception as error:  # noqa: BLE001  # compared below
            return getattr(error, "refusal", None) is not None
        return True

    with time_machine.travel(now() + (LAPSE + 0.1) * DAY, tick=True):
        outcomes = race(app, act, threads=2)
    db.session.expire_all()
    assert outcomes == [True, False]
    assert bob.open == bool(world.audited("membership.invitation_resent"))
    assert bob.open == (invitation_of(bob).state == InvitationState.OPEN.value)


def test_invitation_of_an_operator_ends_too(app: Flask) -> None:
    added = add_operator(EmailAddress.parse("oz@operators.example"), actor=world.COMMAND)
    look()
    assert added not in [each for each, _ in appointments()]
    assert len(world.audited("operator.invitation_lapsed")) == 1


def test_home_page_names_people_whose_invitation_ends_within_thirty_days(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    end = in_words(day_of(invitation_of(bob).expires_at + 90 * DAY))
    with time_machine.travel(now() + 70 * DAY, tick=True):
        assert "Invitations that end soon" not in browser(app, ann).get(path(school)).text
    with time_machine.travel(now() + 80 * DAY, tick=True):
        home = browser(app, ann).get(path(school))
        assert "Invitations that end soon" in home.text
        assert f"ends on {end}" in home.text


@pytest.mark.parametrize("place", ["invitations", "users"])
def test_pages_about_the_invited_person_say_when_the_invitation_ends(
    app: Flask, school: Organisation, ann: Membership, bob: Membership, place: str
) -> None:
    end = in_words(day_of(invitation_of(bob).expires_at + 90 * DAY))
    address = path(school, place, *([bob.public_id] if place == "users" else []))
    with time_machine.travel(now() + 20 * DAY, tick=True):
        text = browser(app, ann).get(address).text.lower()
    assert f"ends on {end.lower()} if it is not sent again" in text


def test_person_whose_invitation_ended_is_listed_among_those_who_left_with_the_reason(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    look()
    walker = browser(app, ann)
    left = walker.get(path(school, "former-users")).text
    assert "Bob Byron" in left
    assert "The invitation ran out and was not sent again" in left
    page = walker.get(path(school, "users", bob.public_id)).text
    assert "The invitation ran out and was not sent again" in page
