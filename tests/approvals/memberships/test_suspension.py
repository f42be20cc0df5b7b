"""An approver suspends the access of a person, and restores it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actors import Actor
from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.access_cache import revisions_of
from approvals.decision.decision import decide
from approvals.memberships import facts, queries
from approvals.memberships.actions import (
    make_approver,
    remove_member,
    restore_member,
    suspend_member,
)
from approvals.memberships.member_filters import MemberFilters
from approvals.memberships.models import Membership, MembershipSuspension
from approvals.memberships.suspension import (
    open_suspensions,
    suspend_after_reset,
    suspend_for_connection,
)
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.races import race

REASON = "Long leave until September"


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def cal(school: Organisation) -> Membership:
    return world.member(school, "cal@ashfield.example", approver=True, given_name="Cal")


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return world.member(school, "bob@ashfield.example", "School_Named", given_name="Bob")


def _allowed(person: Membership, where: Organisation) -> bool:
    return decide(world.who(person), world.SERVICE, where, now()).allowed


def test_suspended_membership_gives_no_access_until_it_is_restored(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    before = now()
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    refused = decide(world.who(bob), world.SERVICE, school, now())
    assert [reason.sentence for reason in refused.reasons] == [
        "Access through Ashfield School waits for an approver: an approver suspended it."
    ]
    assert decide(world.who(bob), world.SERVICE, school, before).allowed
    restore_member(bob, actor=world.acting(ann))
    assert _allowed(bob, school)
    assert world.held(bob) == ["School_Named"]
    (row,) = db.session.scalars(select(MembershipSuspension))
    assert (row.kind, row.reason) == ("approver", REASON)
    assert {row.suspended_by, row.ended_by} == {world.acting(ann).identifier}


def test_suspension_ends_the_session_of_a_person_without_other_access(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    world.session_of(world.who(bob))
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    (session,) = db.session.scalars(select(Session))
    assert session.ended_cause == "membership suspended"


def test_suspension_leaves_the_session_and_the_access_of_another_organisation(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    elm = world.organisation("Elm School", urn="100002")
    world.member(elm, "bob@ashfield.example", "School_Anon")
    world.session_of(world.who(bob))
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    (session,) = db.session.scalars(select(Session))
    assert session.ended_at is None
    assert _allowed(bob, elm)


def test_suspension_and_restoration_are_mailed_to_the_person_and_the_other_approvers(
    ann: Membership, cal: Membership, bob: Membership
) -> None:
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    restore_member(bob, actor=world.acting(ann))
    for to_person, to_approver in (
        ("membership_suspended", "approver_suspended"),
        ("membership_restored", "approver_restored"),
    ):
        ((recipient, text),) = world.mails(f"memberships/{to_person}")
        assert recipient == bob.email
        assert "Ann Byron" in text
        ((recipient, text),) = world.mails(f"memberships/{to_approver}")
        assert recipient == cal.email
        assert f"/users/{bob.public_id}" in text
    assert REASON in world.mails("memberships/membership_suspended")[0][1]
    assert REASON in world.mails("memberships/approver_suspended")[0][1]


@pytest.mark.parametrize("reason", ["", "   ", "see https://x.example", "a" * 501])
def test_suspension_needs_a_reason_without_a_link(
    ann: Membership, bob: Membership, reason: str
) -> None:
    with pytest.raises(RefusalError):
        suspend_member(bob, reason=reason, actor=world.acting(ann))
    assert not open_suspensions(bob)


def test_suspension_is_refused_for_oneself_the_invited_and_people_who_left(
    school: Organisation, ann: Membership, cal: Membership, bob: Membership
) -> None:
    invited = world.invited(school, "ina@ashfield.example")
    remove_member(bob, actor=world.COMMAND)
    for person, code in ((ann, "own_suspension"), (invited, "not_joined"), (bob, "not_open")):
        with pytest.raises(RefusalError) as refused:
            suspend_member(person, reason=REASON, actor=world.acting(ann))
        assert refused.value.refusal.code == code


@pytest.mark.parametrize("actor", ["member", "operator"])
def test_PR_03_suspension_and_restoration_are_refused_to_others_than_approvers(
    ann: Membership, bob: Membership, actor: str
) -> None:
    olive = world.operator()
    by = world.acting(bob) if actor == "member" else Actor("person", olive.subject, olive.name)
    with pytest.raises(RefusalError) as refused:
        suspend_member(ann, reason=REASON, actor=by)
    assert refused.value.refusal.code == "no_authority"
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    with pytest.raises(RefusalError) as refused:
        restore_member(bob, actor=by)
    assert refused.value.refusal.code == "no_authority"


def test_PR_09_last_active_approver_is_not_suspended(ann: Membership, cal: Membership) -> None:
    suspend_member(cal, reason=REASON, actor=world.acting(ann))
    with pytest.raises(RefusalError) as refused:
        suspend_member(ann, reason=REASON, actor=world.COMMAND)
    assert refused.value.refusal.code == "last_approver"


def test_PR_09_approvers_who_suspend_each_other_at_once_leave_one(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    pairs = [(ann.id, world.acting(cal)), (cal.id, world.acting(ann))]

    def act(number: int) -> str:
        person, actor = pairs[number % 2]
        try:
            suspend_member(db.session.get_one(Membership, person), reason=REASON, actor=actor)
        except RefusalError as error:
            return error.refusal.code
        return "suspended"

    outcomes = race(app, act)
    assert outcomes.count("suspended") == 1
    assert len(facts.active_approvers(school.id).accounts) == 1


def test_suspended_approver_cannot_act_or_restore_themselves(
    app: Flask, school: Organisation, ann: Membership, cal: Membership
) -> None:
    suspend_member(cal, reason=REASON, actor=world.acting(ann))
    own = browser(app, cal)
    assert own.get(path(school, "users")).status == 404
    assert own.get(path(school, "users", cal.public_id, "reopen")).status == 404
    with pytest.raises(RefusalError) as refused:
        restore_member(cal, actor=world.acting(cal))
    assert refused.value.refusal.code == "no_authority"


def test_restoration_leaves_access_closed_that_waits_for_agreement_after_a_reset(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    with writing():
        suspend_after_reset(bob, now())
    restore_member(bob, actor=world.acting(ann))
    assert not _allowed(bob, school)
    assert [row.kind for row in open_suspensions(bob)] == ["reset"]
    assert bob.suspended_at == open_suspensions(bob)[0].valid_from
    assert "has to agree" in world.mails("memberships/membership_restored")[0][1]
    with pytest.raises(RefusalError) as refused:
        restore_member(bob, actor=world.acting(ann))
    assert refused.value.refusal.code == "not_suspended"


def test_connection_suspends_a_membership_that_an_approver_has_suspended_already(
    school: Organisation, ann: Membership, bob: Membership
) -> None:
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    with writing():
        suspend_for_connection("Elm", [school.public_id], [bob.account_id or 0], now())
    assert [row.kind for row in open_suspensions(bob)] == ["approver", "connection"]
    restore_member(bob, actor=world.acting(ann))
    assert _allowed(bob, school)


def test_every_kind_of_suspension_raises_the_access_revision(
    school: Organisation, bob: Membership
) -> None:
    def revision() -> int:
        return db.session.scalars(
            select(Account.access_revision).where(Account.id == bob.account_id)
        ).one()

    before = revision()
    with writing():
        suspend_after_reset(bob, now())
    assert revision() > before
    assert revisions_of(world.who(bob)) is None


def test_users_list_shows_and_filters_suspended_people(
    app: Flask, school: Organisation, ann: Membership, cal: Membership, bob: Membership
) -> None:
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    suspend_member(cal, reason=REASON, actor=world.acting(ann))
    named = {
        status: [
            row.membership.given_name
            for row in queries.people(school.id, MemberFilters(status=status), now(), page=1).rows
        ]
        for status in ("suspended", "joined")
    }
    assert named == {"suspended": ["Bob", "Cal"], "joined": ["Ann"]}
    active = MemberFilters(approver="yes", status="joined")
    assert queries.count_each(school.id, {"approvers": active}, now()) == {"approvers": 1}
    page = browser(app, ann).get(path(school, "users") + "?status=suspended")
    assert "2 users" in page.text
    rows = page.text.partition("cal@ashfield.example")[2]
    assert "Suspended" in rows


def test_suspension_and_restoration_are_pages_that_need_no_script(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id))
    page = walker.get(page.link("Suspend the access of Bob Byron"))
    page = page.submit(reason="")
    assert "Enter the reason" in page.text
    page = page.submit(reason="Long leave")
    assert "The access of Bob Byron is suspended." in page.text
    assert "by Ann Byron: Long leave" in page.text
    assert "Ann Byron suspended the access of Bob Byron, with the reason “Long leave”." in page.text
    page = walker.get(page.link("Restore access"))
    assert "Reason: Long leave" in page.text
    page = page.submit()
    assert "The access of Bob Byron is restored." in page.text
    assert "Ann Byron reopened the access of Bob Byron." in page.text


def test_person_sees_the_suspension_on_their_own_pages(
    app: Flask, ann: Membership, bob: Membership
) -> None:
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    own = browser(app, bob)
    assert "has been suspended since" in own.get("/home").text
    activity = own.get("/account/activity").text
    assert "Ann Byron suspended your access at Ashfield School, with the reason" in activity
    assert REASON in activity


def test_suspension_and_restoration_at_once_leave_rows_and_state_in_agreement(
    app: Flask, ann: Membership, bob: Membership
) -> None:
    person, actor = bob.id, world.acting(ann)

    def act(number: int) -> None:
        membership = db.session.get_one(Membership, person)
        try:
            if number % 2:
                suspend_member(membership, reason=REASON, actor=actor)
            else:
                restore_member(membership, actor=actor)
        except RefusalError:
            pass

    race(app, act)
    db.session.expire_all()
    assert (bob.suspended_at is not None) == bool(open_suspensions(bob))
    spells = db.session.scalar(select(func.count(MembershipSuspension.id)))
    assert spells == len(world.mails("memberships/membership_suspended"))


def test_PR_16_suspended_member_is_not_made_an_approver(ann: Membership, bob: Membership) -> None:
    suspend_member(bob, reason=REASON, actor=world.acting(ann))
    with pytest.raises(RefusalError) as refused:
        make_approver(bob, actor=world.acting(ann))
    assert refused.value.refusal.code == "suspended"
    assert bob.suspended_at is not None
    assert bob.suspended_at <= now() + timedelta(seconds=1)
