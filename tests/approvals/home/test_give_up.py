"""Giving up one's own access to one service."""

from __future__ import annotations

import pytest
from flask import Flask

from app.refusal import RefusalError
from approvals.memberships.actions import change_user_group
from tests.approvals import world
from tests.approvals.world import SERVICE, browser


def test_person_gives_up_their_access_at_once(app: Flask) -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Named", given_name="Bob")
    page = browser(app, bob).get(f"/services/{SERVICE}")
    page = page.walker.get(page.link("Give up this access"))
    assert world.held(bob) == ["School_Named"]
    page = page.submit()
    assert "You gave up your access to School Performance." in page.text
    assert "Give up this access" not in page.text
    assert world.held(bob) == []
    assert bob.open
    assert len(world.audited("access.given_up")) == 1
    again = page.walker.get(f"/services/{SERVICE}/give-up/{school.public_id}").submit()
    assert "This is what the person has now." in again.text


@pytest.mark.parametrize("groups", [["School_Named"], ["School_Anon"]])
def test_PR_03_person_who_gives_up_access_gives_themselves_nothing(
    app: Flask, groups: list[str]
) -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Governor")
    with pytest.raises(RefusalError) as raised:
        change_user_group(bob, service=SERVICE, user_groups=groups, actor=world.acting(bob))
    assert raised.value.refusal.code == "no_authority"
    assert world.held(bob) == ["School_Governor"]


def test_PR_02_member_cannot_give_up_the_access_of_another_person(app: Flask) -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    eve = world.member(school, "eve@ashfield.example", "School_Anon")
    with pytest.raises(RefusalError):
        change_user_group(bob, service=SERVICE, user_groups=[], actor=world.acting(eve))
    assert world.held(bob) == ["School_Named"]
