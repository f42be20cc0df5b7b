"""The end of a session in a browser: a failing network, and text that was typed before."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Demo, sign_in

pytestmark = pytest.mark.browser
WAKES = "document.dispatchEvent(new Event('visibilitychange'))"


def test_text_survives_a_computer_that_sleeps_past_the_end_of_its_session(
    demo: Demo, page: Page
) -> None:
    person = demo.person(email="hal.hazel@demo.example")
    page.goto(f"{demo.issuer}/sign-in")
    sign_in(page, person)
    page.goto(f"{demo.issuer}/account/name")
    page.fill("input[name=given_name]", "Kitty")
    end_sessions_at_the_idle_limit(demo, person["email"])
    # The network is not there yet when the computer wakes.
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.evaluate(WAKES)
    expect(page.locator("input[name=given_name]")).to_have_value("Kitty")
    page.context.set_offline(False)
    with page.expect_navigation():
        page.evaluate(WAKES)
    expect(page.locator("h1")).to_have_text("You need to sign in again")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()
    sign_in(page, person)
    expect(page.locator("input[name=given_name]")).to_have_value("Kitty")


def end_sessions_at_the_idle_limit(demo: Demo, email: str) -> None:
    """Store that the person opened their last page long ago."""
    database = demo.instance / "secure-access.sqlite3"
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        changed = connection.execute(
            "UPDATE session SET last_active_at = '2020-01-01 00:00:00.000000' WHERE account_id ="
            " (SELECT id FROM account WHERE email = ?)",
            (email,),
        )
        assert changed.rowcount > 0
