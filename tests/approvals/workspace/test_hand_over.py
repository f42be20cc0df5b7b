"""Handing over to a colleague: one page that says what follows, and its confirmation."""

from __future__ import annotations

import pytest
from flask import Flask

from app.refusal import RefusalError
from approvals.memberships import facts, rules
from approvals.memberships.actions import hand_over
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import browser, path


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def test_hand_over_page_makes_the_colleague_an_approver_in_two_pages(
    app: Flask, school: Organisation
) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    theirs = browser(app, ann)
    page = theirs.get(path(school, "users", bob.public_id))
    page = theirs.get(page.link("Hand over"))
    assert "you stop being an approver" in page.text
    done = page.submit()
    assert "Bob Byron is an approver for Ashfield School in your place" in done.text
    assert facts.active_approvers(school.id).accounts == {bob.account_id}
    assert page.submit().status == 404
    assert [to for to, _ in world.mails("memberships/made_approver")] == [bob.email]


def test_hand_over_to_an_approver_stops_the_giver_only(school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", approver=True)
    hand_over(ann, bob, actor=world.acting(ann))
    assert (world.approves(ann), world.approves(bob)) == (False, True)


def test_hand_over_to_an_invited_person_changes_nothing(school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    ina = world.invited(school, "ina@ashfield.example")
    with pytest.raises(RefusalError) as error:
        hand_over(ann, ina, actor=world.acting(ann))
    assert error.value.refusal == rules.LAST_APPROVER
    assert (world.approves(ann), world.approves(ina)) == (True, False)
