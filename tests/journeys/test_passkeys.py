"""Passkeys in a browser, with Chromium's virtual authenticator."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.journeys.conftest import Demo, press, sign_in
from tests.journeys.test_accessibility import faults_here
from tests.journeys.test_main_job import add_user, open_invitation, own_browser

pytestmark = pytest.mark.browser
SECONDS = 6
INTERNAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """Give the page's browser an authenticator, and return its session and id."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable", {"enableUI": False})
    added = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": INTERNAL})
    return devtools, str(added["authenticatorId"])


def add_passkey(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.issuer}/account/second-step")
    press(page, "Add a passkey")
    page.fill("input[name=name]", name)
    press(page, "Create a passkey")
    expect(page.locator("main")).to_contain_text("Your passkey is set up.")


def sign_out(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.issuer}/sign-out")
    press(page, "Sign out")


@pytest.fixture
def loads(page: Page) -> list[str]:
    """The documents that the page loaded, by address."""
    loaded: list[str] = []
    page.on("domcontentloaded", lambda opened: loaded.append(opened.url))
    return loaded


def test_passkey_signs_in_to_a_service_in_six_seconds_and_three_loads(
    demo: Demo, page: Page, loads: list[str]
) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="ed.elm@demo.example"))
    devtools, key = authenticator(page)
    add_passkey(page, demo, "My laptop")
    sign_out(page, demo)
    # The suggestion on the email field is chosen at once, so the page of the service follows.
    loads.clear()
    begun = time.monotonic()
    page.goto(f"{demo.reporting_app}/sign-in", wait_until="commit")
    expect(page.locator("h1").first).to_have_text("Results of your schools")
    assert time.monotonic() - begun < SECONDS
    assert len(loads) <= 3, loads
    # A person who cancels the suggestion presses the button.
    page.context.clear_cookies()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(f"{demo.reporting_app}/sign-in")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    loads.clear()
    press(page, "Sign in with a passkey")
    expect(page.locator("h1").first).to_have_text("Results of your schools")
    assert len(loads) <= 2, loads


def test_passkey_is_the_second_step_and_confirms(demo: Demo, page: Page) -> None:
    person = demo.person(email="fay.fir@demo.example")
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, person)
    devtools, key = authenticator(page)
    add_passkey(page, demo, "x" * 60)
    assert faults_here(page) == {}
    for name in ("Rename", "Remove"):
        page.get_by_role("link", name=name).click()
        assert faults_here(page) == {}
        page.go_back()
    press(page, "Add a passkey")
    assert faults_here(page) == {}
    page.get_by_role("button", name="Create a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("already has a passkey")
    assert faults_here(page) == {}
    sign_out(page, demo)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto(f"{demo.issuer}/sign-in")
    page.fill("input[name=email]", person["email"])
    page.fill("input[name=password]", person["password"])
    press(page, re.compile("^Sign in$"))
    # The passkey was set up last in this browser.
    expect(page.locator("h1").first).to_have_text("Use your passkey")
    assert faults_here(page) == {}
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    press(page, "Use a passkey")
    expect(page.locator("h1").first).to_have_text("My services")


def test_person_joins_with_a_passkey_in_six_pages(demo: Demo, chromium: Browser) -> None:
    with own_browser(chromium) as desk, own_browser(chromium) as page:
        desk.goto(f"{demo.issuer}/sign-in")
        sign_in(desk, demo.person(email="ada.appleby@demo.example"))
        add_user(
            desk, demo, email="ivy.iris@demo.example", name=("Ivy", "Iris"), group="School Named"
        )
        authenticator(page)
        open_invitation(page, demo, "ivy.iris@demo.example")
        headings = [shown(page)]
        for button in (
            "Accept the invitation",
            "Create a passkey",
            "I have saved these codes",
            "Accept these terms",
        ):
            press(page, button)
            headings.append(shown(page))
        page.get_by_role("button", name="Open School Performance").click()
        expect(page.locator("h1").first).to_have_text("Results of your schools")
    assert headings == [
        "You have been invited",
        "Check your name",
        "Save your recovery codes",
        "Terms of use",
        "You have joined",
    ]


def shown(page: Page) -> str:
    """The heading of the page, on which nothing is wrong."""
    assert faults_here(page) == {}
    return page.locator("h1").first.inner_text()


def test_pages_without_javascript_offer_no_passkey(demo: Demo, chromium: Browser) -> None:
    person = demo.person(email="bea.birch@demo.example")
    with own_browser(chromium, javascript=False) as page:
        page.goto(f"{demo.issuer}/sign-in")
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
        sign_in(page, person)
        page.goto(f"{demo.issuer}/account/second-step")
        press(page, "Add a passkey")
        expect(page.get_by_role("button", name="Create a passkey")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("JavaScript is turned off")
