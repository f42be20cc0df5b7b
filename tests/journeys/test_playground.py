"""A developer looks at each step of a sign-in in the playground."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Demo, press, sign_in
from tests.journeys.test_accessibility import faults_here
from tests.journeys.test_main_job import own_browser

pytestmark = pytest.mark.browser


def titles(page: Page) -> list[str]:
    return [title.partition(". ")[2] for title in page.locator("section h2").all_inner_texts()]


def test_playground_shows_each_step_without_javascript(demo: Demo, chromium: Browser) -> None:
    with own_browser(chromium, javascript=False) as page:
        page.goto(demo.announced["playground"])
        page.get_by_label("offline_access").check()
        page.get_by_label("Push the request first (PAR)").check()
        page.select_option("#acr_values", "urn:secure-access:aal2")
        press(page, "Write the request")
        assert titles(page) == ["Pushed request", "Authorization request"]
        page.get_by_role("link", name="Go to Secure Access").click()
        sign_in(page, demo.person(email="carl.cedar@demo.example"))
        expect(page.locator("h1")).to_have_text("Steps of this sign-in")
        assert titles(page)[2:] == ["Answer at the callback", "Token request", "Userinfo"]
        expect(page.locator("body")).to_contain_text("grant_type=authorization_code")
        expect(page.locator("body")).to_contain_text("The nonce is ours.")
        expect(page.locator("body")).to_contain_text(
            "Base decisions on these, never on the user group."
        )
        press(page, "Call School Performance")
        expect(page.locator("section").last).to_contain_text("200 OK")
        press(page, "Refresh")
        press(page, "Revoke")
        press(page, "Introspect the access token")
        expect(page.locator("section").last).to_contain_text('"active": false')
        press(page, "Sign out")
        expect(page.locator("h1")).to_have_text("You have signed out")


@pytest.mark.parametrize("mode", ["form_post", "jwt"])
def test_playground_signs_in_with_other_response_modes(demo: Demo, page: Page, mode: str) -> None:
    page.goto(demo.announced["playground"])
    assert faults_here(page) == {}
    page.select_option("#response_mode", mode)
    press(page, "Write the request")
    page.get_by_role("link", name="Go to Secure Access").click()
    sign_in(page, demo.person(email="dina.dogwood@demo.example"))
    expect(page.locator("h1")).to_have_text("Steps of this sign-in")
    assert titles(page)[1:] == ["Answer at the callback", "Token request", "Userinfo"]
    assert faults_here(page) == {}


def test_playground_shows_an_error_for_a_malformed_max_age(demo: Demo, page: Page) -> None:
    page.goto(demo.announced["playground"])
    page.fill("#max_age", "soon")
    press(page, "Write the request")
    expect(page.locator("[role=alert]")).to_contain_text("Enter the age as a number of seconds")
    assert faults_here(page) == {}
