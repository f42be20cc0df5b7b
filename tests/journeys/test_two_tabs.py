"""Two organisations in two tabs of one browser, and the pages about reasons and schools."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.database import db
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from tests.approvals import world
from tests.journeys.in_process import (
    Site,
    browser_of,
    enter_as,
    name_server,
    on_sqlite,
    shows,
    site,
)

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
ANN = "ann.approver@ashfield.example"
BOB = "bob.brown@ashfield.example"


@pytest.fixture
def places(site: Site) -> tuple[Organisation, Organisation]:
    """A trust with one school, and that school: Ann approves for both, and Bob belongs to both."""
    trust = world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")
    school = world.school("Ashfield School", "100001", trust=trust)
    for where, group in ((trust, "MAT_Named"), (school, "School_Named")):
        world.member(where, ANN, given_name="Ann", approver=True)
        world.member(where, BOB, group, given_name="Bob")
    return trust, school


def account_of(email: str) -> Account:
    return db.session.scalars(select(Account).where(Account.email == email)).one()


def open_bob(page: Page, site: Site, where: Organisation) -> None:
    page.goto(f"{site.issuer}{world.path(where, 'users')}")
    page.get_by_role("link", name="Bob Byron", exact=True).click()


@on_sqlite
def test_change_in_one_tab_leaves_the_organisation_of_another_tab(
    site: Site, places: tuple[Organisation, Organisation], chromium: Browser
) -> None:
    trust, school = places
    with browser_of(chromium) as first:
        enter_as(first, site, account_of(ANN))
        open_bob(first, site, school)
        first.get_by_role("link", name=re.compile("^Remove Bob Byron")).click()
        second = first.context.new_page()
        open_bob(second, site, trust)
        first.locator("main").get_by_role("button", name="Remove from organisation").click()
        expect(first.locator("main")).to_contain_text("Bob Byron removed")
        second.reload()
        shows(second, "Bob Byron")
        second.get_by_role("link", name=re.compile("^Why they can see this")).click()
        shows(second, "Why Bob Byron can or cannot see School Performance")
        expect(second.locator("main")).to_contain_text("Bob Byron may enter")
        second.fill("#school", "100001")
        second.get_by_role("button", name="Show").click()
        expect(second.locator("main")).to_contain_text("MAT Named can see pupil names there.")
        second.get_by_role(
            "link", name="Help: See why somebody can or cannot see something"
        ).click()
        shows(second, "See why somebody can or cannot see something")
        second.go_back()
        second.get_by_role("link", name="Back").click()
        second.get_by_role("link", name=re.compile("^See the list of the schools")).click()
        shows(second, "Schools that user groups open")
