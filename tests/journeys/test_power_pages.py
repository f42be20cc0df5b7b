"""Pages on which power is given: proposals, offers, access that needs two people, leaving."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.clock import today
from app.database import db
from approvals.memberships.actions import change_user_group
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.journeys.conftest import press
from tests.journeys.in_process import (
    Site,
    both_ways,
    browser_of,
    enter_as,
    name_server,
    on_sqlite,
    shows,
    shows_error,
    site,
)
from tests.journeys.overflow import ORGANISATION, SURNAME, long_address

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
LOU = f"Lou {SURNAME}"


@on_sqlite
@both_ways
def test_parent_body_proposes_an_approver_who_accepts(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    world.school()
    trust = world.organisation("Elm Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="9001")
    school = world.organisation(ORGANISATION, urn="990001", type_code="34", trust=trust)
    tess = world.who(world.member(trust, "tess@elm.example", approver=True))
    lou = world.member(school, long_address("lou"), given_name="Lou", family_name=SURNAME)
    schools = site.issuer + world.path(trust, "schools")
    with (
        browser_of(chromium, javascript=javascript) as page,
        browser_of(chromium, javascript=javascript) as other,
    ):
        enter_as(page, site, tess)
        page.goto(f"{schools}?q=zzzz")
        shows(page, "Schools")
        page.goto(schools)
        shows(page, "Schools")
        page.get_by_role("link", name=re.compile("^Propose an approver")).click()
        propose(page, f"Propose an approver for {ORGANISATION}")
        shows(page, "Approver proposed")
        enter_as(other, site, world.who(lou))
        other.goto(f"{site.issuer}/home")
        shows(other, "My services")
        other.get_by_role("link", name=re.compile("^Accept or decline")).click()
        shows(other, f"Become an approver for {ORGANISATION}")
        press(other, "Accept")
        other.goto(site.issuer + world.path(school))
        shows(other, ORGANISATION)


def propose(page: Page, heading: str) -> None:
    """From the empty form to the confirmation."""
    shows(page, heading)
    press(page, "Continue")
    shows_error(page, heading, "Enter an email address")
    page.fill("input[name=email]", long_address("lou"))
    page.fill("input[name=given_name]", "Lou")
    page.fill("input[name=family_name]", SURNAME)
    press(page, "Continue")
    shows(page, "Check the details of the approver")
    press(page, "Propose approver")


@on_sqlite
@both_ways
def test_operators_propose_an_approver_in_twos(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    school = world.school(ORGANISATION)
    olive, oscar = (world.operator(f"{name}@operators.example") for name in ("olive", "oscar"))
    organisation = f"{site.issuer}/ops/organisations/{school.public_id}"
    with browser_of(chromium, javascript=javascript) as page:
        enter_as(page, site, olive)
        page.goto(f"{site.issuer}/ops/requests")
        shows(page, "Requests for access")
        page.goto(organisation)
        shows(page, ORGANISATION)
        page.get_by_role("button", name=re.compile("approver")).click()
        propose(page, "Appoint an approver")
        shows(page, "Approver proposed")
        page.goto(organisation)
        shows(page, ORGANISATION)
        enter_as(page, site, oscar)
        page.goto(organisation)
        page.get_by_role("link", name=re.compile("proposal|proposed|Decide", re.IGNORECASE)).click()
        shows(page, f"Approver proposed for {ORGANISATION}")
        page.get_by_role("link", name=re.compile("Refuse|End|Do not")).click()
        shows(page, "End the proposal of an approver")
        press(page, re.compile("^(End|Refuse)"))
        shows_error(page, "End the proposal of an approver", "Enter the reason")


@on_sqlite
@both_ways
def test_access_that_needs_two_people_waits_and_is_refused(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    world.school()
    department = db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()
    ann = world.member(department, "ann@dfe.example", approver=True, given_name="Ann")
    cal = world.member(department, "cal@dfe.example", approver=True, given_name="Cal")
    lou = world.member(department, long_address("lou"), given_name="Lou", family_name=SURNAME)
    change_user_group(
        lou,
        service=world.SERVICE,
        user_groups=["DfE_Named"],
        last_day=today() + timedelta(days=300),
        actor=world.acting(ann),
    )
    heading = f"Access for {LOU} waits for a second approver"
    user = site.issuer + world.path(department, "users", lou.public_id)
    with browser_of(chromium, javascript=javascript) as page:
        enter_as(page, site, world.who(ann))
        page.goto(user)
        shows(page, LOU)
        page.get_by_role("link", name="See what waits, and decide").click()
        shows(page, heading)
        page.get_by_role("link", name="Take back the access").click()
        shows(page, f"Take back the access of {LOU}")
        enter_as(page, site, world.who(cal))
        page.goto(user)
        page.get_by_role("link", name="See what waits, and decide").click()
        shows(page, heading)
        page.get_by_role("link", name="Refuse the access").click()
        shows(page, f"Refuse the access of {LOU}")
        press(page, re.compile("^Refuse"))
        shows_error(page, f"Refuse the access of {LOU}", "Enter the reason")
        page.fill("[name=reason]", "Not needed for the work.")
        press(page, re.compile("^Refuse"))
        expect(page.locator(".govuk-notification-banner")).to_contain_text("does not get")


@on_sqlite
@both_ways
def test_person_gives_up_a_service_and_leaves(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    school = world.school(ORGANISATION)
    world.member(school, "ann@ashfield.example", approver=True)
    lou = world.member(
        school, long_address("lou"), "School_Named", given_name="Lou", family_name=SURNAME
    )
    with browser_of(chromium, javascript=javascript) as page:
        enter_as(page, site, world.who(lou))
        page.goto(f"{site.issuer}/services/{world.SERVICE}")
        shows(page, "School Performance")
        page.goto(f"{site.issuer}/services/{world.SERVICE}/give-up/{school.public_id}")
        shows(page, "Give up your access to School Performance")
        press(page, re.compile("^Give up"))
        shows(page, "School Performance")
        page.goto(f"{site.issuer}/switch")
        shows(page, "Change organisation")
        page.goto(f"{site.issuer}/account/leave/{school.public_id}")
        shows(page, f"Leave {ORGANISATION}")
        press(page, "Leave organisation")
        page.goto(f"{site.issuer}/home")
        shows(page, "You need to sign in again")
