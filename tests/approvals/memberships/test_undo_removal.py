"""A removal is undone within a day by the organisation's approvers, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.actors import Actor
from app.clock import now, start_of_day, today
from app.database import db, writing
from app.refusal import RefusalError
from approvals.decision.decision import decide
from approvals.memberships.actions import (
    add_member,
    change_user_group,
    leave,
    remove_member,
    suspend_member,
    undo_removal,
)
from approvals.memberships.models import Grant, Membership
from approvals.memberships.rules import UNDO_WITHIN
from approvals.memberships.suspension import open_suspensions, suspend_after_reset
from approvals.organisations.models import Organisation
from identity.administration.suspension import suspend
from identity.email_address import EmailAddress
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.races import race


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return world.member(school, "bob@ashfield.example", "School_Named", given_name="Bob")


def _open_memberships(school: Organisation, email: str) -> list[Membership]:
    return list(
        db.session.scalars(
            select(Membership).where(
                Membership.organisation_id == school.id,
                Membership.email == email,
                Membership.open,
            )
        )
    )


def _refusal(membership: Membership, actor: Actor) -> str:
    with pytest.raises(RefusalError) as refused:
        undo_removal(membership, actor=actor)
    return refused.value.refusal.code


def test_undone_removal_opens_new_rows_and_the_gap_stays(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    remove_member(bob, actor=world.acting(ann))
    gap = now()
    again, left_out = undo_removal(bob, actor=world.acting(ann))
    assert again.id != bob.id
    assert not left_out
    assert not bob.open
    assert world.held(again) == ["School_Named"]
    assert decide(world.who(again), world.SERVICE, school, now()).allowed
    assert not decide(world.who(again), world.SERVICE, school, gap).allowed
    (grant,) = db.session.scalars(select(Grant).where(Grant.membership_id == again.id))
    assert grant.given_by == world.acting(ann).identifier


def test_undone_removal_restores_the_end_date_and_the_appointment(
    school: Organisation, ann: Membership
) -> None:
    end = today() + timedelta(days=40)
    cal = world.member(school, "cal@ashfield.example", "School_Anon", approver=True, last_day=end)
    planned = cal.grants[0].valid_to
    remove_member(cal, actor=world.acting(ann))
    again, _ = undo_removal(cal, actor=world.acting(ann))
    ends = db.session.scalars(select(Grant.valid_to).where(Grant.membership_id == again.id))
    assert ends.all() == [planned]
    assert world.approves(again)
    assert world.mails("memberships/new_approver")


def test_undone_removal_gives_no_access_of_a_group_that_ended_before(
    ann: Membership, bob: Membership
) -> None:
    change_user_group(
        bob, service=world.SERVICE, user_groups=["School_Anon"], actor=world.acting(ann)
    )
    remove_member(bob, actor=world.acting(ann))
    again, _ = undo_removal(bob, actor=world.acting(ann))
    assert world.held(again) == ["School_Anon"]


def test_undone_removal_restores_a_group_that_was_to_start_later(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    start = today() + timedelta(days=30)
    change_user_group(
        bob,
        service=world.SERVICE,
        user_groups=["School_Anon"],
        first_day=start,
        actor=world.acting(ann),
    )
    remove_member(bob, actor=world.acting(ann))
    again, left_out = undo_removal(bob, actor=world.acting(ann))
    assert not left_out
    assert world.held(again) == ["School_Named"]
    assert world.held(again, start_of_day(start)) == ["School_Anon"]


def test_undo_leaves_out_a_group_whose_end_has_passed_meanwhile(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    dee = world.member(school, "dee@ashfield.example", "School_Anon", last_day=today())
    remove_member(dee, actor=world.acting(ann))
    ends = dee.grants[0].planned_to
    assert ends is not None
    with time_machine.travel(ends, tick=True):
        if now() < dee.undo_until:  # type: ignore[operator]  # removed just now
            again, _ = undo_removal(dee, actor=world.acting(ann))
            assert world.held(again) == []


def test_undo_ends_after_a_day(ann: Membership, bob: Membership) -> None:
    remove_member(bob, actor=world.acting(ann))
    with time_machine.travel(now() + UNDO_WITHIN, tick=True):
        assert _refusal(bob, world.acting(ann)) == "not_to_undo"


def test_undo_brings_back_no_session_and_no_refresh(ann: Membership, bob: Membership) -> None:
    world.session_of(world.who(bob))
    remove_member(bob, actor=world.acting(ann))
    undo_removal(bob, actor=world.acting(ann))
    assert db.session.scalars(select(Session)).one().ended_at is not None


def test_PR_03_removal_is_undone_by_active_approvers_only(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    olive = world.operator()
    cal = world.member(school, "cal@ashfield.example", approver=True)
    dee = world.member(school, "dee@ashfield.example", approver=True)
    remove_member(cal, actor=world.acting(ann))
    assert _refusal(cal, world.acting(cal)) == "no_authority"
    assert _refusal(cal, world.acting(bob)) == "no_authority"
    assert _refusal(cal, Actor("person", olive.subject, olive.name)) == "no_authority"
    suspend_member(dee, reason="Long leave", actor=world.acting(ann))
    assert _refusal(cal, world.acting(dee)) == "no_authority"


def test_left_and_withdrawn_memberships_are_not_undone(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    invited = world.invited(school, "ina@ashfield.example")
    leave(bob, actor=world.acting(bob))
    remove_member(invited, actor=world.acting(ann))
    assert _refusal(bob, world.acting(ann)) == "not_to_undo"
    assert _refusal(invited, world.acting(ann)) == "not_to_undo"


def test_ID_14_first_removal_is_not_undone_after_a_second_one(
    ann: Membership, bob: Membership
) -> None:
    remove_member(bob, actor=world.acting(ann))
    again, _ = undo_removal(bob, actor=world.acting(ann))
    change_user_group(
        again, service=world.SERVICE, user_groups=["School_Anon"], actor=world.acting(ann)
    )
    remove_member(again, actor=world.acting(ann))
    assert _refusal(bob, world.acting(ann)) == "added_since"
    last, _ = undo_removal(again, actor=world.acting(ann))
    assert world.held(last) == ["School_Anon"]


@pytest.mark.parametrize("withdrawn", [False, True])
def test_ID_14_removal_is_not_undone_after_a_new_invitation(
    school: Organisation, ann: Membership, bob: Membership, withdrawn: bool
) -> None:
    remove_member(bob, actor=world.acting(ann))
    invited = world.invited(school, bob.email, "School_Anon")
    if withdrawn:
        remove_member(invited, actor=world.acting(ann))
    assert _refusal(bob, world.acting(ann)) == "added_since"


def test_suspension_goes_on_after_an_undone_removal(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    with writing():
        suspend_after_reset(bob, now())
    remove_member(bob, actor=world.acting(ann))
    again, _ = undo_removal(bob, actor=world.acting(ann))
    assert [row.kind for row in open_suspensions(again)] == ["reset"]
    assert not decide(world.who(again), world.SERVICE, school, now()).allowed


def test_undo_leaves_out_groups_that_are_not_offered_any_more_and_says_so(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    remove_member(bob, actor=world.acting(ann))
    with writing() as session:
        (grant,) = session.scalars(select(Grant).where(Grant.membership_id == bob.id))
        grant.user_group = "MAT_Named"
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id))
    page = walker.get(page.link("Undo the removal"))
    sentence = "MAT Named: The organisation cannot give this user group."
    assert sentence in page.text
    page = page.submit()
    assert page.heading == "Bob Byron"
    assert f"These parts did not return: {sentence}" in page.text
    (again,) = _open_memberships(school, bob.email)
    assert world.held(again) == []
    assert sentence in world.mails("memberships/removal_undone")[0][1]
    assert world.audited("membership.removal_undone")[0].detail["left_out"] == [sentence]


def test_undo_does_not_make_a_suspended_account_an_approver(
    school: Organisation, ann: Membership
) -> None:
    cal = world.member(school, "cal@ashfield.example", approver=True)
    remove_member(cal, actor=world.acting(ann))
    suspend(world.who(cal), actor=Actor.command("test"))
    again, left_out = undo_removal(cal, actor=world.acting(ann))
    assert not world.approves(again)
    assert left_out == ["being an approver, because the account is suspended"]


def test_removal_is_undone_on_two_pages(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id, "remove")).submit()
    page = walker.get(page.link("undo the removal"))
    assert "has School Named of School Performance again" in page.text
    page = page.submit()
    assert "Bob Byron belongs to Ashfield School again" in page.text
    assert "Ann Byron undid the removal of Bob Byron." in page.text
    assert walker.get(path(school, "users", bob.public_id, "undo-removal")).heading == "Bob Byron"


def test_former_people_are_listed_with_the_moment_and_the_person_who_removed_them(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    cal = world.member(school, "cal@ashfield.example", given_name="Cal")
    remove_member(bob, actor=world.acting(ann))
    leave(cal, actor=world.acting(cal))
    walker = browser(app, ann)
    page = walker.get(walker.get(path(school, "users")).link("People who have left"))
    assert "2 people have left" in page.text
    assert "Removed from the organisation by Ann Byron" in page.text
    assert "Left the organisation by" not in page.text
    page = walker.get(page.link("Add again Bob Byron"))
    assert 'value="bob@ashfield.example"' in page.html
    undo_removal(bob, actor=world.acting(ann))
    assert "Belongs here again" in walker.get(path(school, "former-users")).text


def test_PR_08_remove_undo_and_invite_at_once_leave_one_open_membership(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    person, actor, organisation_id = bob.id, world.acting(ann), school.id

    def act(number: int) -> str:
        membership = db.session.get_one(Membership, person)
        try:
            if number % 3 == 0:
                remove_member(membership, actor=actor)
            elif number % 3 == 1:
                undo_removal(membership, actor=actor)
            else:
                add_member(
                    db.session.get_one(Organisation, organisation_id),
                    email=EmailAddress.parse("bob@ashfield.example"),
                    given_name="Bob",
                    family_name="Byron",
                    access={world.SERVICE: ["School_Anon"]},
                    actor=actor,
                )
        except RefusalError as error:
            return error.refusal.code
        return "done"

    outcomes = race(app, act)
    assert outcomes[0::3].count("done") == 1
    assert outcomes[1::3].count("done") + outcomes[2::3].count("done") <= 1
    assert len(_open_memberships(school, "bob@ashfield.example")) <= 1
    rows = db.session.scalar(
        select(func.count(Membership.id)).where(Membership.organisation_id == school.id)
    )
    assert rows == 2 + outcomes[1::3].count("done") + outcomes[2::3].count("done")
