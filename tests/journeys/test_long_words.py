"""Every page with an address and a surname of 60 characters and an organisation's name of 100.

Nothing is wider than the window or leaves its box, at 1,280 and at 320 pixels.
"""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from app.clock import today
from app.web import long_words
from tests.journeys.conftest import Demo, press, sign_in
from tests.journeys.overflow import (
    ORGANISATION,
    SURNAME,
    lengthen,
    lengthen_organisation,
    long_address,
    overflows,
)
from tests.journeys.test_accessibility import faults, faults_here
from tests.journeys.test_main_job import CONTINUE, PASSWORD, open_invitation, own_browser, until

pytestmark = pytest.mark.browser
NEWCOMER = long_address("newcomer")
# As long as a word may be that gets no break opportunity.
GIVEN_NAME = "Featherstonehaughcholmondeleys"


@pytest.fixture(scope="session")
def people(demo: Demo) -> dict[str, dict[str, Any]]:
    """The approver, a user and the operator, with long names; their diocese too."""
    found = {
        "approver": demo.person(email="tess.teak@demo.example"),
        "user": demo.person(email="una.umber@demo.example"),
        "operator": demo.person(operator=True),
    }
    lengthen_organisation(demo, found["user"]["organisation"])
    for person in found.values():
        lengthen(demo, person)
    return found


def whole(page: Page) -> None:
    """Nothing leaves its place on this page."""
    page.wait_for_load_state()
    assert overflows(page) == [], page.url


def follow(page: Page, name: str | re.Pattern[str]) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=name).first.click()
    whole(page)


def pressed(page: Page, name: str | re.Pattern[str]) -> None:
    press(page, name)
    whole(page)


def test_long_names_have_the_requested_length() -> None:
    assert (len(NEWCOMER), len(SURNAME), len(ORGANISATION)) == (60, 60, 100)
    assert len(GIVEN_NAME) == long_words.FITS


def test_pages_of_approver_and_newcomer_fit_long_words(
    demo: Demo, chromium: Browser, people: dict[str, dict[str, Any]]
) -> None:
    with own_browser(chromium) as desk, own_browser(chromium) as newcomer:
        desk.goto(f"{demo.issuer}/sign-in")
        sign_in(desk, people["approver"])
        assert faults(desk, demo, "/home") == {}
        invite(desk)
        join(newcomer, demo)
        change_and_remove(desk)
        desk.goto(f"{demo.issuer}/nowhere")
        whole(desk)


def invite(desk: Page) -> None:
    """From the list of users to the invitation, sent and sent again."""
    follow(desk, "Users")
    pressed(desk, "Add a user")
    desk.fill("input[name=email]", NEWCOMER)
    desk.fill("input[name=given_name]", GIVEN_NAME)
    desk.fill("input[name=family_name]", SURNAME)
    desk.get_by_label("Diocese Anon", exact=True).check()
    pressed(desk, CONTINUE)
    pressed(desk, "Send invitation")
    expect(desk.locator("h1").first).to_have_text("Invitation sent")
    follow(desk, "Invitations")
    for act in ("Correct address", "Withdraw"):
        follow(desk, re.compile(f"^{act}"))
        follow(desk, "Invitations")
    pressed(desk, re.compile("^Send again"))
    expect(desk.locator(".govuk-notification-banner")).to_contain_text("New invitation sent")


def join(page: Page, demo: Demo) -> None:
    """From the mail in the outbox to My services, then a new password by mail."""
    until(lambda: page.goto(demo.outbox) and page.get_by_text(NEWCOMER).count() > 1, "both mails")
    whole(page)
    open_invitation(page, demo, NEWCOMER)
    whole(page)
    pressed(page, "Accept the invitation")
    whole(page)
    pressed(page, "Use a password and an app")
    page.fill("input[name=password]", "short")
    pressed(page, CONTINUE)
    page.fill("input[name=password]", PASSWORD)
    pressed(page, CONTINUE)
    secret = page.locator(".sa-key").inner_text().replace(" ", "")
    page.fill("input[name=code]", pyotp.TOTP(secret).now())
    pressed(page, CONTINUE)
    pressed(page, "I have saved these codes")
    with page.expect_navigation():
        page.locator("button[name=accept]").click()
    whole(page)
    expect(page.locator("h1").first).to_have_text("You have joined")
    pressed(page, "Go to your start page")
    page.goto(f"{demo.reporting_app}/sign-in")
    expect(page.locator("h1").first).to_have_text("Results of your schools")
    whole(page)
    page.context.clear_cookies()
    page.goto(f"{demo.issuer}/forgot-password")
    page.fill("input[name=email]", NEWCOMER)
    pressed(page, "Send the link")
    mail = page.locator("li", has_text=NEWCOMER).filter(has_text="password").first
    until(lambda: page.goto(demo.outbox) and mail.count() > 0, "the mail with the link")
    mail.get_by_role("link").click()
    whole(page)
    page.locator("a[href*=reset-password]").click()
    whole(page)
    page.fill("input[name=password]", f"{PASSWORD} again")
    pressed(page, "Change password")
    expect(page.locator("h1").first).to_have_text("Password changed")


def change_and_remove(desk: Page) -> None:
    """Another user group, approver and not, stand-in and not, removed, and the page afterwards."""
    follow(desk, "Users")
    follow(desk, re.compile(f"^{GIVEN_NAME}"))
    follow(desk, re.compile("^Change access"))
    desk.get_by_label("Diocese Named", exact=True).check()
    pressed(desk, CONTINUE)
    pressed(desk, "Change access")
    follow(desk, "Make approver")
    pressed(desk, "Make approver")
    follow(desk, re.compile("^Stop"))
    pressed(desk, "Remove approver rights")
    stand_in_and_not(desk)
    follow(desk, re.compile(f"^Remove {GIVEN_NAME}"))
    pressed(desk, "Remove from organisation")
    follow(desk, "add them again")
    desk.go_back()
    desk.go_back()
    whole(desk)


def stand_in_and_not(desk: Page) -> None:
    """From the person's page to a stand-in for today, the list, and the end."""
    follow(desk, re.compile("^Name"))
    pressed(desk, CONTINUE)
    assert faults_here(desk) == {}
    last_day = today()
    parts = {"day": last_day.day, "month": last_day.month, "year": last_day.year}
    for name, number in parts.items():
        desk.fill(f"input[name={name}]", str(number))
    pressed(desk, CONTINUE)
    assert faults_here(desk) == {}
    pressed(desk, "Name as stand-in")
    assert faults_here(desk) == {}
    person = desk.url
    desk.goto(person.partition("/users/")[0] + "/stand-ins")
    assert faults_here(desk) == {}
    follow(desk, re.compile("^End"))
    assert faults_here(desk) == {}
    pressed(desk, "End it now")


def test_pages_of_operator_fit_long_words(
    demo: Demo, page: Page, people: dict[str, dict[str, Any]]
) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, people["operator"])
    starts = ("/home", "/ops/people?q=Featherstonehaugh", "/ops/organisations?q=Diocese")
    assert faults(page, demo, *starts) == {}
    page.goto(f"{demo.issuer}/ops/people?q=Una")
    follow(page, re.compile("^Una"))
    pressed(page, re.compile("^Suspend"))
    pressed(page, re.compile("^Suspend"))
    pressed(page, re.compile("^Restore"))
    pressed(page, re.compile("^Restore"))


def test_pages_of_playground_fit_long_words(
    demo: Demo, page: Page, people: dict[str, dict[str, Any]]
) -> None:
    page.goto(demo.announced["playground"])
    press(page, "Write the request")
    whole(page)
    page.get_by_role("link", name="Go to Secure Access").click()
    sign_in(page, people["user"])
    expect(page.locator("h1")).to_have_text("Steps of this sign-in")
    whole(page)
