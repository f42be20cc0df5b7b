"""A session that is older than its person's power: SE-01, change of privilege."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now, today
from app.database import writing
from approvals.approver_proposals.actions import propose
from approvals.approver_proposals.decisions import ProposedApprover
from approvals.memberships import facts
from approvals.memberships.actions import (
    hand_over,
    make_approver,
    name_stand_in,
    remove_member,
    undo_removal,
)
from approvals.memberships.models import Membership
from approvals.operators.models import Operator
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from tests.approvals import world
from tests.approvals.world import path
from tests.identity.conftest import Post
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Walker
from tests.races import copied

CONFIRM = "Confirm it is you"


@pytest.fixture
def trust(app: Flask) -> Organisation:
    return world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")


@pytest.fixture
def school(trust: Organisation) -> Organisation:
    return world.school(type_code="34", trust=trust)


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True)


@pytest.fixture
def bob(school: Organisation, ann: Membership) -> Person:
    person = make_person("bob@ashfield.example", "Bob", "Dean")
    world.member(school, person.email)
    return person


@pytest.fixture
def member(school: Organisation, bob: Person) -> Membership:
    return membership_of(bob.account, school)


@pytest.fixture
def here(app: Flask, bob: Person) -> FlaskClient:
    """The browser in which Bob is signed in before he has any power."""
    client = app.test_client()
    sign_in(client, bob)
    return client


def membership_of(account: Account, where: Organisation) -> Membership:
    found = facts.membership_of(account.id, where.id)
    assert found is not None
    return found


def appointed(ann: Membership, member: Membership) -> None:
    make_approver(member, actor=world.acting(ann))


def handed_over(ann: Membership, member: Membership) -> None:
    hand_over(ann, member, actor=world.acting(ann))


def name_as_stand_in(ann: Membership, member: Membership) -> None:
    name_stand_in(
        member,
        first_day=today(),
        last_day=today() + timedelta(days=7),
        actor=world.acting(ann),
    )


@pytest.mark.parametrize("act", [appointed, handed_over, name_as_stand_in])
def test_SE_01_new_approver_confirms_before_the_power_counts_and_copies_end(
    school: Organisation,
    ann: Membership,
    bob: Person,
    member: Membership,
    here: FlaskClient,
    act: Callable[[Membership, Membership], None],
) -> None:
    copy = copied(here)
    act(ann, member)
    for client in (copy, here):
        page = Walker(client).get(path(school, "users"))
        assert page.heading == CONFIRM
    page = page.submit(password=bob.password).submit(code=bob.code())
    assert page.address.endswith(path(school, "users"))
    assert copy.get("/account").status_code == 303, "the copy has ended"
    assert Walker(here).get(path(school, "users")).heading != CONFIRM, "asked once"


def test_SE_01_new_approver_cannot_post_with_an_older_session(
    school: Organisation, ann: Membership, bob: Person, member: Membership, here: FlaskClient
) -> None:
    cal = world.member(school, "cal@ashfield.example")
    form = Walker(here).get("/account/name").form()
    make_approver(member, actor=world.acting(ann))
    target = path(school, "users", cal.public_id, "remove")
    response = here.post(target, data={"csrf_token": form.values["csrf_token"]})
    assert "/sign-in/confirm-it-is-you" in response.headers["Location"]
    assert membership_of(world.who(cal), school).open


def test_SE_01_new_operator_confirms_before_the_power_counts(
    bob: Person, here: FlaskClient
) -> None:
    copy = copied(here)
    world.make_operator(bob.account)
    with writing() as session:
        session.scalars(select(Operator)).one().joined_at = now()
    assert Walker(copy).get("/ops").heading == CONFIRM
    page = Walker(here).get("/ops")
    page = page.submit(password=bob.password).submit(code=bob.code())
    assert page.address.endswith("/ops")
    assert copy.get("/account").status_code == 303


def test_SE_01_undone_removal_of_an_approver_is_a_new_power(
    school: Organisation, ann: Membership, bob: Person, member: Membership, here: FlaskClient
) -> None:
    make_approver(member, actor=world.acting(ann))
    elsewhere = world.school("Brook School", "100002")
    world.member(elsewhere, bob.email)
    page = Walker(here).get(path(school, "users"))
    page.submit(password=bob.password).submit(code=bob.code())
    remove_member(member, actor=world.acting(ann))
    undo_removal(member, actor=world.acting(ann))
    assert Walker(here).get(path(school, "users")).heading == CONFIRM


def test_SE_01_accepted_offer_to_approve_gives_the_session_another_id(
    school: Organisation, trust: Organisation, bob: Person, here: FlaskClient
) -> None:
    tess = world.member(trust, "tess@elm.example", approver=True)
    propose(school, ProposedApprover(bob.email, "", ""), world.acting(tess), body=trust)
    copy = copied(here)
    page = Walker(here).get(f"/account/approver/{school.public_id}").submit(button="accept")
    assert page.address.endswith(f"/o/{school.public_id}"), "nothing more is asked for"
    assert copy.get("/account").status_code == 303


def test_SE_01_accepted_invitation_gives_the_session_another_id(
    school: Organisation, bob: Person, here: FlaskClient, post: Post
) -> None:
    other = world.school("Brook School", "100002")
    world.member(other, "hen@brook.example", approver=True)
    world.invited(other, bob.email, approver=True)
    copy = copied(here)
    link = re.findall(r"/invitation/\S+", "".join(post.to(bob.email)))[-1]
    Walker(here).get(link).submit("/join")
    assert world.approves(membership_of(bob.account, other))
    assert Walker(here).get(path(other, "users")).status == 200
    assert Walker(here).get(path(other, "users")).heading != CONFIRM
    assert copy.get("/account").status_code == 303
