"""Pages of requests for access from both sides, of registration, and the pages for everybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.access_model import loading
from tests.approvals import world
from tests.approvals.access_requests import asking
from tests.approvals.access_requests.asking import Asking
from tests.approvals.access_requests.test_questions import with_questions
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
from tests.journeys.overflow import SURNAME, long_address

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
SENT = "Your request for School Performance"
REQUEST = f"Request of Lou {SURNAME}"


@on_sqlite
@both_ways
def test_request_is_sent_withdrawn_rejected_and_approved(
    site: Site, chromium: Browser, tmp_path: Path, javascript: bool
) -> None:
    scene = asking.asking()
    loading.load([with_questions(tmp_path)])
    lou = world.account(long_address("lou"), "Lou", SURNAME)
    with (
        browser_of(chromium, javascript=javascript) as page,
        browser_of(chromium, javascript=javascript) as desk,
    ):
        enter_as(page, site, lou)
        enter_as(desk, site, world.who(scene.ann))
        requests = site.issuer + world.path(scene.school, "requests")
        desk.goto(requests)
        shows(desk, "Requests for access")
        ask(page, site, scene)
        page.goto(f"{site.issuer}/requests")
        shows(page, "Your requests for access")
        page.get_by_role("link", name=re.compile("School Named")).click()
        page.get_by_role("button", name="Withdraw request").click()
        shows(page, f"Withdraw {SENT[:1].lower()}{SENT[1:]}")
        press(page, "Withdraw request")
        shows(page, SENT)
        asking.file(lou, scene.school)
        reject(desk, requests)
        page.goto(f"{site.issuer}/requests")
        page.get_by_role("link", name=re.compile("School Named")).first.click()
        shows(page, SENT)
        asking.file(lou, scene.school)
        approve_less(desk, requests)
        page.goto(f"{site.issuer}/home")
        shows(page, "My services")


def ask(page: Page, site: Site, scene: Asking) -> None:
    """From the search for the organisation to the page of the request."""
    page.goto(f"{site.issuer}/requests")
    shows(page, "Your requests for access")
    page.goto(f"{site.issuer}/requests/new?q=zzzz")
    shows(page, "Which organisation do you work for?")
    page.goto(f"{site.issuer}/requests/new?q={scene.school.name}")
    shows(page, "Which organisation do you work for?")
    page.get_by_role("link", name=scene.school.name).click()
    shows(page, "Ask for access")
    press(page, "Continue")
    shows_error(page, "Ask for access", re.compile("Select|Choose"))
    page.get_by_label("School Named", exact=True).check()
    page.get_by_label("Why do you need access?").fill("I teach year 6")
    page.get_by_label("What is your job title?").fill(SURNAME)
    press(page, "Continue")
    shows(page, "Check your request")
    press(page, "Send request")
    shows(page, SENT)


def reject(desk: Page, requests: str) -> None:
    """Reject in the page of the request, after no decision and after no reason."""
    desk.goto(requests)
    shows(desk, "Requests for access")
    desk.get_by_role("link", name=re.compile("^Lou")).click()
    shows(desk, REQUEST)
    press(desk, "Confirm decision")
    shows_error(desk, REQUEST, re.compile(r"\w"))
    desk.get_by_label("Reject", exact=True).check()
    press(desk, "Confirm decision")
    shows_error(desk, REQUEST, re.compile("reason"))
    desk.get_by_label("Reason, if you reject").fill("Ask for School Anon, please.")
    press(desk, "Confirm decision")
    expect(desk.locator(".govuk-notification-banner")).to_contain_text("Request rejected.")
    desk.goto(f"{requests}?tab=decided")
    shows(desk, "Requests for access")
    desk.get_by_role("link", name=re.compile("^Lou")).first.click()
    shows(desk, REQUEST)


def approve_less(desk: Page, requests: str) -> None:
    """Approve with a lesser group, then approve again from a page that is out of date."""
    desk.goto(requests)
    desk.get_by_role("link", name=re.compile("^Lou")).click()
    decision = desk.url
    desk.get_by_label("Approve with School Anon instead").check()
    press(desk, "Confirm decision")
    expect(desk.locator(".govuk-notification-banner")).to_contain_text("Request approved.")
    shows(desk, "Requests for access")
    desk.goto(decision)
    shows(desk, REQUEST)
    expect(desk.locator("main")).to_contain_text("approved this request")


@on_sqlite
@both_ways
def test_newcomer_creates_an_account_and_reads_the_pages_for_everybody(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    address = long_address("lou")
    with browser_of(chromium, javascript=javascript) as page:
        page.goto(f"{site.issuer}/create-account")
        shows(page, "Create an account")
        press(page, "Send the link")
        shows_error(page, "Create an account", "Enter an email address")
        page.fill("input[name=email]", "office@ashfield.example")
        press(page, "Send the link")
        shows_error(page, "Create an account", "Enter your own address")
        page.fill("input[name=email]", address)
        press(page, "Send the link")
        shows(page, "Check your email")
        page.goto(site.link(address, "invitation"))
        shows(page, "Create your account")
        contact(page, site)
        for path, heading in (
            ("/help", "Help"),
            ("/privacy", "Privacy"),
            ("/cookies", "Cookies"),
            ("/accessibility", "Accessibility"),
            ("/status", "There is a problem with the service"),  # No worker runs here.
        ):
            page.goto(site.issuer + path)
            shows(page, heading)


def contact(page: Page, site: Site) -> None:
    page.goto(f"{site.issuer}/contact")
    shows(page, "Contact")
    press(page, "Send message")
    shows_error(page, "Contact", re.compile(r"\w"))
    page.get_by_role("radio").first.check()
    page.get_by_label("Message").fill(f"The page of {SURNAME} does not open.")
    page.fill("input[name=email]", long_address("lou"))
    press(page, "Send message")
    shows(page, "Message sent")
