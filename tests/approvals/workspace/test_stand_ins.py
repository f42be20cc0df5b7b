"""Pages about stand-ins: naming one from the person's page, the list, and ending it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.clock import day_of, now
from app.days import in_words
from approvals.access_requests import notices
from approvals.memberships import facts
from approvals.memberships.actions import name_stand_in
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.access_requests.asking import file
from tests.approvals.world import browser, path
from tests.sent import statements

FIRST_DAY, LAST_DAY = day_of(now()), day_of(now()) + timedelta(days=9)

pytestmark = pytest.mark.usefixtures("day_of_collection")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def sam(school: Organisation) -> Membership:
    return world.member(school, "sam@ashfield.example", given_name="Sam")


def day(prefix: str, which: object) -> dict[str, str]:
    year, month, number = str(which).split("-")
    return {f"{prefix}day": number, f"{prefix}month": month, f"{prefix}year": year}


def named(sam: Membership, ann: Membership) -> None:
    name_stand_in(sam, first_day=FIRST_DAY, last_day=LAST_DAY, actor=world.acting(ann))


def test_person_page_leads_to_a_stand_in_in_three_pages(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    anns = browser(app, ann)
    page = anns.get(path(school, "users", sam.public_id))
    page = anns.get(page.link("Name as a stand-in"))
    page = page.submit("", None, True, **day("", LAST_DAY))
    assert f"First day {in_words(FIRST_DAY)}" in page.text
    assert f"Last day {in_words(LAST_DAY)}" in page.text
    page = page.submit()
    assert f"Sam Byron is a stand-in from {in_words(FIRST_DAY)}" in page.text
    assert facts.active_approvers(school.id).stand_ins == {sam.account_id}
    page = anns.get(path(school, "stand-ins"))
    assert "Sam Byron" in page.text
    assert "Stands in now" in page.text
    page = anns.get(page.link("End"))
    page = page.submit()
    assert "Sam Byron is no longer a stand-in." in page.text
    assert "There is no stand-in." in anns.get(path(school, "stand-ins")).text


@pytest.mark.parametrize(
    ("last", "error"),
    [
        ({}, "Enter the last day"),
        (day("", FIRST_DAY + timedelta(days=90)), "A stand-in acts for 90 days at most"),
        (day("", FIRST_DAY - timedelta(days=1)), "The end date must be the same as or after"),
        ({"day": "31", "month": "2", "year": "2027"}, "The last day must be a real date"),
        ({"day": "x", "month": "2"}, "The last day must include a year"),
    ],
)
def test_days_page_refuses_days_at_the_field(
    app: Flask,
    school: Organisation,
    ann: Membership,
    sam: Membership,
    last: dict[str, str],
    error: str,
) -> None:
    page = (
        browser(app, ann)
        .get(path(school, "users", sam.public_id, "stand-in"))
        .submit("", None, True, **last)
    )
    assert error in page.text
    assert world.audited("approver.stand_in_named") == []


@pytest.mark.parametrize("query", ["", "?first=x&last=2027-01-01", "?first=2027-01-01"])
def test_check_page_without_days_asks_for_them(
    app: Flask, school: Organisation, ann: Membership, sam: Membership, query: str
) -> None:
    page = browser(app, ann).get(path(school, "users", sam.public_id, "stand-in", f"check{query}"))
    assert "Name Sam Byron as a stand-in" in page.text


def test_check_page_judges_the_days_of_its_address(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    far = FIRST_DAY + timedelta(days=200)
    query = f"check?first={FIRST_DAY}&last={far}"
    page = browser(app, ann).get(path(school, "users", sam.public_id, "stand-in", query)).submit()
    assert "A stand-in acts for 90 days at most." in page.text
    assert world.audited("approver.stand_in_named") == []


def test_stand_in_opens_the_pages_of_approvers_while_the_spell_lasts(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    assert browser(app, sam).get(path(school)).status == 404
    named(sam, ann)
    sams = browser(app, sam)
    assert sams.get(path(school)).status == 200
    page = sams.get(path(school, "users", ann.public_id))
    assert "Make approver" not in page.text
    assert "Hand over" not in page.text
    page = sams.get(path(school, "users", sam.public_id, "stand-in", "end")).submit()
    assert "You are no longer a stand-in at Ashfield School." in page.text
    assert sams.get(path(school)).status == 404


def test_list_of_users_shows_a_stand_in_beside_the_approvers(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    users = path(school, "users")
    assert "Stand-in" not in browser(app, ann).get(f"{users}?approver=yes").text
    named(sam, ann)
    page = browser(app, ann).get(f"{users}?approver=yes")
    assert "Joined Stand-in" in page.text
    assert "Joined Approver" in page.text


def test_page_that_adds_a_person_offers_a_stand_in_no_approver(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    named(sam, ann)
    question = "Make this person an approver"
    assert question in browser(app, ann).get(path(school, "users", "new")).text
    assert question not in browser(app, sam).get(path(school, "users", "new")).text


def test_stand_in_is_refused_the_pages_that_change_approvers(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    kim = world.member(school, "kim@ashfield.example", given_name="Kim")
    named(sam, ann)
    sams = browser(app, sam)
    query = f"stand-in/check?first={FIRST_DAY}&last={LAST_DAY}"
    for address in (
        path(school, "users", kim.public_id, "approver", "make"),
        path(school, "users", ann.public_id, "approver", "stop"),
        path(school, "users", kim.public_id, "hand-over"),
        path(school, "users", kim.public_id, query),
        path(school, "users", ann.public_id, "remove"),
    ):
        page = sams.get(address)
        if page.status == 200 and page.forms():
            assert "You are a stand-in" in page.submit().text or "the only approver" in page.text
    assert facts.active_approvers(school.id).accounts == {ann.account_id, sam.account_id}
    assert not world.approves(kim)


def test_stand_in_gets_the_requests_that_wait(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    nina = world.account("nina@home.example", "Nina", "New")
    file(nina, school)
    notices.work()
    named(sam, ann)
    notices.work()
    assert "sam@ashfield.example" in {to for to, _ in world.mails("access_requests/waiting")}
    sams = browser(app, sam)
    page = sams.get(path(school, "requests"))
    assert "Nina New" in page.text
    page = sams.get(sams.get(path(school)).link("Look"))
    assert "Nina New" in page.text


def test_users_list_tags_and_finds_a_stand_in_as_an_approver(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    named(sam, ann)
    anns = browser(app, ann)
    assert "2 users" in anns.get(f"{path(school, 'users')}?approver=yes").text
    assert "Approvers 2" in anns.get(path(school)).text


def test_services_page_of_a_member_names_the_stand_in(
    app: Flask, school: Organisation, ann: Membership, sam: Membership
) -> None:
    kims = browser(app, world.member(school, "kim@ashfield.example", given_name="Kim"))
    assert "Sam Byron" not in kims.get(f"/services/{world.SERVICE}").text
    named(sam, ann)
    assert "Sam Byron" in kims.get(f"/services/{world.SERVICE}").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_stand_ins_page_takes_the_same_statements_for_any_number(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    anns = browser(app, ann)
    counts = []
    for number in range(3):
        named(world.member(school, f"sam{number}@ashfield.example"), ann)
        anns.get(path(school, "stand-ins"))
        with statements() as seen:
            anns.get(path(school, "stand-ins"))
        counts.append(len(seen))
    assert len(set(counts)) == 1
