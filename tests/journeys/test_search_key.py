"""The key that goes to the search field, and the account page that switches it off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Demo, sign_in

pytestmark = pytest.mark.browser


def test_search_key_focuses_the_search_until_it_is_switched_off(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, demo.person(email="pia.pine@demo.example"))
    page.get_by_role("link", name="Users", exact=True).first.click()
    search = page.locator("input[type=search]")
    expect(search).to_be_visible()
    page.wait_for_load_state()
    users = page.url
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")
    page.goto(f"{demo.issuer}/account")
    page.get_by_label("The key / goes to the search field of a list").uncheck()
    page.goto(users)
    page.keyboard.press("/")
    expect(search).not_to_be_focused()
    page.goto(f"{demo.issuer}/account")
    expect(page.get_by_label("The key / goes to the search field of a list")).not_to_be_checked()
