"""Pages of a lost second step, walked from both sides: the person and their approver."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from approvals.second_step_resets import actions
from tests.approvals import world
from tests.identity.people import Person, make_person
from tests.journeys.conftest import press
from tests.journeys.in_process import (
    Site,
    both_ways,
    browser_of,
    enter_as,
    enter_password,
    name_server,
    on_sqlite,
    shows,
    shows_error,
    site,
)
from tests.journeys.overflow import ORGANISATION, SURNAME, long_address

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
ASK = "If you cannot show your second step"


def make_people() -> tuple[Person, Person]:
    """A person with long names and their approver, in a school with a long name."""
    lou = make_person(long_address("lou"), "Lou", SURNAME)
    ann = make_person("ann@ashfield.example", "Ann", "Dean")
    school = world.school(ORGANISATION)
    world.member(school, lou.email, "School_Named", given_name="Lou", family_name=SURNAME)
    world.member(school, ann.email, approver=True, given_name="Ann", family_name="Dean")
    return lou, ann


@on_sqlite
@both_ways
def test_lost_second_step_is_asked_for_decided_and_replaced(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    with (
        time_machine.travel("2026-11-23T09:00:00+00:00") as clock,
        browser_of(chromium, javascript=javascript) as page,
        browser_of(chromium, javascript=javascript) as desk,
        browser_of(chromium, javascript=javascript) as other,
    ):
        lou, ann = make_people()
        enter_password(page, site, lou)
        page.get_by_role("link", name="I have none of these").click()
        shows(page, ASK)
        press(page, "Ask for a reset")
        shows(page, ASK)
        expect(page.locator("main")).to_contain_text("Speak to one of them")
        decide(desk, site, ann)
        page.reload()
        shows(page, ASK)
        see_and_keep_waiting(other, site, lou)
        clock.shift(timedelta(hours=24))
        actions.take_effect()
        replace_the_second_step(page, site, lou)


def decide(desk: Page, site: Site, ann: Person) -> None:
    """The approver decides, after a first try without the checks."""
    enter_as(desk, site, ann.account)
    desk.goto(f"{site.issuer}/start")
    desk.get_by_role("link", name="Users", exact=True).first.click()
    desk.get_by_role("link", name=re.compile("^Lou")).first.click()
    desk.get_by_role("link", name="Decide about the reset of the second step").click()
    heading = desk.locator("h1").first.inner_text()
    shows(desk, heading)
    press(desk, re.compile("^Reset"))
    shows_error(desk, heading, re.compile(r"\w"))
    for box in desk.get_by_role("checkbox").all():
        box.check()
    press(desk, re.compile("^Reset"))
    expect(desk.locator(".govuk-notification-banner")).to_contain_text("The reset is decided.")
    shows(desk, desk.locator("h1").first.inner_text())
    desk.get_by_role("link", name="See or stop the reset of the second step").click()
    shows(desk, desk.locator("h1").first.inner_text())


def see_and_keep_waiting(page: Page, site: Site, lou: Person) -> None:
    """The person, who has found the phone again, looks at the page on which it is stopped."""
    enter_as(page, site, lou.account)
    page.goto(f"{site.issuer}/account/second-step-reset")
    shows(page, "Reset of your second step")
    expect(page.get_by_role("button", name="Stop the reset")).to_be_visible()


def replace_the_second_step(page: Page, site: Site, lou: Person) -> None:
    """Open the mail's link; a wrong password and a wrong code come first."""
    page.goto(site.link(lou.email, "second-step-reset"))
    shows(page, "Set up a new second step")
    page.fill("input[name=password]", "not the password")
    press(page, "Continue")
    shows_error(page, "Set up a new second step", re.compile("password"))
    page.fill("input[name=password]", lou.password)
    press(page, "Continue")
    shows(page, "Create a passkey")
    page.get_by_role("link", name=re.compile("app")).click()
    shows(page, "Set up your authenticator app")
    page.fill("input[name=code]", "000000")
    press(page, "Continue")
    shows_error(page, "Set up your authenticator app", "The code is not right.")
    secret = page.locator(".sa-key").inner_text().replace(" ", "")
    # The browser's clock is not the test's.
    page.fill("input[name=code]", pyotp.TOTP(secret).now())
    press(page, "Continue")
    shows(page, "Save your recovery codes")
    press(page, "I have saved these codes")


@on_sqlite
def test_reset_of_a_second_step_is_stopped_in_a_live_session_and_by_the_mail(
    site: Site, chromium: Browser
) -> None:
    lou, _ = make_people()
    with browser_of(chromium) as page, browser_of(chromium) as mine:
        enter_as(mine, site, lou.account)
        for number in range(2):
            enter_password(page, site, lou)
            page.get_by_role("link", name="I have none of these").click()
            press(page, "Ask for a reset")
            if number == 0:
                mine.goto(f"{site.issuer}/account/second-step-reset")
                shows(mine, "Reset of your second step")
                press(mine, "Stop the reset")
                expect(mine.locator("main")).to_contain_text("No reset of your second step")
                shows(mine, "Reset of your second step")
        page.goto(site.link(lou.email, "not-me"))
        shows(page, page.locator("h1").first.inner_text())
        press(page, re.compile("not me|Sign out|Stop", re.IGNORECASE))
        shows(page, "Choose a new password")
        page.fill("input[name=password]", "short")
        press(page, "Change password")
        shows_error(page, "Choose a new password", re.compile("12"))
        page.fill("input[name=password]", "copper lantern hill 7")
        press(page, "Change password")
        shows(page, "Password changed")
