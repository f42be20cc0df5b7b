"""An operator suspends somebody's account: the person's organisations are told."""

from __future__ import annotations

import pytest
from flask import Flask

from app.actors import Actor
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.administration.suspension import restore, suspend
from tests.approvals import world
from tests.approvals.world import browser, path

OPERATOR = Actor("person", "0192f0c1-1111-7000-8000-000000000000", "Olive Operator")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def bob(school: Organisation) -> Membership:
    return world.member(school, "bob@ashfield.example", approver=True, given_name="Bob")


def test_suspension_and_restoration_are_mailed_to_other_approvers(
    ann: Membership, bob: Membership
) -> None:
    suspend(world.who(bob), actor=OPERATOR)
    restore(world.who(bob), actor=OPERATOR)
    for state in ("suspended", "restored"):
        ((recipient, text),) = world.mails(f"memberships/account_{state}")
        assert recipient == ann.email
        assert "Bob Byron" in text
        assert f"/users/{bob.public_id}" in text


def test_second_suspension_sends_no_mail(ann: Membership, bob: Membership) -> None:
    suspend(world.who(bob), actor=OPERATOR)
    suspend(world.who(bob), actor=OPERATOR)
    assert len(world.mails("memberships/account_suspended")) == 1


def test_suspension_shows_on_users_page_person_page_and_activity(
    app: Flask, school: Organisation, ann: Membership, bob: Membership
) -> None:
    suspend(world.who(bob), actor=OPERATOR)
    walker = browser(app, ann)
    sentence = "Olive Operator suspended the account of Bob Byron: they cannot sign in."
    assert "Suspended" in walker.get(path(school, "users") + "?q=bob").text
    page = walker.get(path(school, "users", bob.public_id))
    assert "An operator of Secure Access suspended the account of Bob Byron" in page.text
    assert sentence in page.text
    assert sentence in walker.get(path(school, "activity")).text


def test_suspension_is_mailed_in_each_organisation_of_the_person(
    app: Flask, ann: Membership, bob: Membership
) -> None:
    birch = world.organisation("Birch School", urn="100002")
    cal = world.member(birch, "cal@birch.example", approver=True)
    world.member(birch, bob.email)
    suspend(world.who(bob), actor=OPERATOR)
    told = {to for to, _ in world.mails("memberships/account_suspended")}
    assert told == {ann.email, cal.email}
