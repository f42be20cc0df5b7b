"""My services: what I can see, from whom, until when, and the way in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.clock import now
from app.database import writing
from approvals.access_model.loading import load_shipped
from approvals.decision import no_access
from approvals.memberships.actions import remove_member
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.oidc.client_administration.actions import register
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


def test_home_shows_each_service_with_giver_and_end_date(app: Flask, school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    last_day = now().date() + timedelta(days=30)
    bob = world.member(
        school,
        "bob@ashfield.example",
        "School_Anon",
        last_day=last_day,
        actor=world.acting(ann),
    )
    page = browser(app, bob).get("/home")
    assert page.heading == "My services"
    assert "For Ashfield School" in page.text
    assert "School Anon, given by Ann Byron, until" in page.text
    assert f"{last_day.day} {last_day:%B %Y}" in page.text
    assert "1 school" in page.text
    page = page.walker.get(page.link("What I can see"))
    assert page.heading == "School Performance"
    assert "cannot see pupil names" in page.text
    assert "To see more or less, ask Ann Byron." in page.text


def test_home_links_to_the_registered_sign_in_address(app: Flask, school: Organisation) -> None:
    register(
        {
            "client_name": "School Performance",
            "service": SERVICE,
            "redirect_uris": ["https://performance.example/callback"],
            "client_uri": "https://performance.example/",
            "scope": "openid access",
        },
        grant_types=("authorization_code",),
    )
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    page = browser(app, bob).get("/home")
    assert page.link("Open School Performance") == "https://performance.example/"


def test_service_page_explains_missing_access_and_names_approvers(
    app: Flask, school: Organisation
) -> None:
    world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    bob = world.member(school, "bob@ashfield.example")
    page = browser(app, bob).get("/home")
    assert "You do not have access to any service yet." in page.text
    page = page.walker.get(page.link("School Performance: see why, and whom to ask"))
    assert "You cannot open School Performance for Ashfield School." in page.text
    assert "Ask Ann Byron" in page.text


def test_home_explains_a_missing_organisation(app: Flask, school: Organisation) -> None:
    world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    remove_member(bob, actor=world.COMMAND)
    page = browser(app, bob).get("/home")
    assert "You do not belong to an organisation." in page.text
    assert "Ashfield" not in page.text
    page = page.walker.get(f"/services/{SERVICE}")
    assert "You do not belong to an organisation." in page.text


def test_service_page_of_an_unknown_service_is_not_found(app: Flask, school: Organisation) -> None:
    bob = world.member(school, "bob@ashfield.example")
    assert browser(app, bob).get("/services/nothing").status == 404


def test_home_shows_both_organisations_of_a_person(app: Flask, school: Organisation) -> None:
    other = world.school("Brook School", "100002")
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    world.member(other, "bob@ashfield.example", "School_Named")
    page = browser(app, bob).get("/home")
    assert "For Ashfield School As School Anon" in page.text
    assert "For Brook School As School Named" in page.text


@pytest.mark.parametrize("state", ["none", "suspended", "yourself", "another"])
def test_whom_to_ask_returns_approvers_who_can_act(
    app: Flask, school: Organisation, state: str
) -> None:
    bob = world.member(school, "bob@ashfield.example", approver=state == "yourself")
    if state in {"suspended", "another"}:
        ann = world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
        if state == "suspended":
            with writing():
                world.who(ann).suspended_at = now()
    answer = no_access.whom_to_ask(world.who(bob), SERVICE, now())
    if state == "another":
        assert answer.approvers == ["Ann Byron, Ashfield School"]
        return
    assert answer.approvers == []
    sentence = {
        "none": "Ashfield School has no approver at the moment.",
        "suspended": "Ashfield School has no approver at the moment.",
        "yourself": "You are the only approver of Ashfield School",
    }[state]
    assert any(sentence in reason for reason in answer.reasons)


def test_service_page_names_no_approver_without_groups_to_give(app: Flask) -> None:
    load_shipped()
    trust = world.organisation("One School Trust", kind=Kind.SINGLE_ACADEMY_TRUST, uid="17001")
    world.member(trust, "ann@trust.example", approver=True)
    pia = world.member(trust, "pia@trust.example", approver=True)
    answer = no_access.whom_to_ask(world.who(pia), SERVICE, now())
    assert answer.approvers == []
    assert any("people are added to the school" in reason for reason in answer.reasons)
    assert not any("give yourself" in reason for reason in answer.reasons)


def test_whom_to_ask_tells_a_removed_person_to_be_added_again(
    app: Flask, school: Organisation
) -> None:
    world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    who = world.who(bob)
    remove_member(bob, actor=world.COMMAND)
    answer = no_access.whom_to_ask(who, SERVICE, now())
    assert answer.reasons[0].startswith("Membership of Ashfield School ended on ")
    assert answer.reasons[-1] == no_access.ADDED_AGAIN.format("Ashfield School")
    assert answer.approvers == []


def test_whom_to_ask_explains_that_a_person_has_no_organisation(app: Flask) -> None:
    load_shipped()
    somebody = world.account("new@nowhere.example")
    answer = no_access.whom_to_ask(somebody, SERVICE, now())
    assert answer.reasons == [no_access.NO_ORGANISATION]


def test_leave_page_removes_the_organisation_from_the_list(
    app: Flask, school: Organisation
) -> None:
    other = world.school("Brook School", "100002")
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    world.member(other, "bob@ashfield.example", "School_Named")
    walker = browser(app, bob)
    page = walker.get(walker.get("/home").link("Leave Ashfield School"))
    page = page.submit()
    assert "You have left Ashfield School." in page.text
    assert "For Ashfield School" not in page.text
    assert "For Brook School" in page.text


def test_navigation_shows_the_organisation_to_its_approvers_only(
    app: Flask, school: Organisation
) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example")
    assert browser(app, ann).get("/home").link("Users") == path(school, "users")
    with pytest.raises(AssertionError):
        browser(app, bob).get("/home").link("Users")
    olive = world.operator()
    assert browser(app, olive).get("/home").link("Operators") == "/ops"


@pytest.mark.parametrize(
    ("kind", "identifiers", "reason"),
    [
        (Kind.SINGLE_ACADEMY_TRUST, {"uid": "17001"}, "people are added to the school"),
        (Kind.DEPARTMENT, {}, "offers no user group to"),
    ],
)
def test_service_page_gives_the_advice_of_the_refused_sign_in(
    app: Flask, kind: Kind, identifiers: dict[str, Any], reason: str
) -> None:
    load_shipped()
    body = world.organisation("Ivy Body", kind=kind, **identifiers)
    world.member(body, "ann@ivy.example", approver=True, given_name="Ann")
    pia = world.member(body, "pia@ivy.example", approver=True, given_name="Pia")
    page = browser(app, pia).get(f"/services/{SERVICE}")
    assert reason in page.text
    assert "Ask Ann" not in page.text
    assert "give yourself" not in page.text
    answer = no_access.whom_to_ask(world.who(pia), SERVICE, now())
    assert all(sentence in page.text for sentence in answer.reasons)


def test_pages_tell_a_sole_approver_that_they_can_give_themselves_a_group(
    app: Flask, school: Organisation
) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    page = browser(app, ann).get(f"/services/{SERVICE}")
    sentence = no_access.YOURSELF.format("Ashfield School")
    assert sentence in page.text
    assert sentence in no_access.whom_to_ask(world.who(ann), SERVICE, now()).reasons


def test_service_page_names_no_approver_of_a_closed_school(
    app: Flask, school: Organisation
) -> None:
    world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    bob = world.member(school, "bob@ashfield.example", "School_Anon")
    world.close(school)
    page = browser(app, bob).get(f"/services/{SERVICE}")
    assert "Ashfield School closed on" in page.text
    assert "Ask Ann" not in page.text
