"""Pages of one's own account, walked: address and its undo, sessions, step-up, session end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from tests.identity.people import Person, make_person
from tests.journeys.conftest import press
from tests.journeys.in_process import (
    Site,
    both_ways,
    browser_of,
    enter_password,
    name_server,
    on_sqlite,
    shows,
    shows_error,
    sign_in_here,
    site,
)
from tests.journeys.overflow import SURNAME, long_address

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
NEW = "copper lantern hill 7"
MOVED = long_address("moved")
START = "2026-11-23T09:00:00+00:00"


def make_lou() -> Person:
    return make_person(long_address("lou"), "Lou", SURNAME)


@on_sqlite
@both_ways
def test_address_is_changed_and_the_change_undone(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    lou = make_lou()
    with (
        browser_of(chromium, javascript=javascript) as page,
        browser_of(chromium, javascript=javascript) as other,
    ):
        sign_in_here(page, site, lou, "/sign-in?next=/account/email")
        shows(page, "Change your email address")
        page.fill("input[name=email]", "no address")
        press(page, "Send the link")
        shows_error(page, "Change your email address", "Enter an email address")
        page.fill("input[name=email]", MOVED)
        press(page, "Send the link")
        shows(page, "Check your email")
        page.get_by_role("link", name="check the address and ask again").click()
        shows(page, "Change your email address")
        other.goto(site.link(MOVED, "account/email/confirm"))
        expect(other.locator("h1").first).to_have_text("Sign in")
        page.goto(site.link(MOVED, "account/email/confirm"))
        shows(page, "Confirm your new email address")
        press(page, "Confirm the new address")
        shows(page, "Your account")
        expect(page.locator("main")).to_contain_text(MOVED)
        other.goto(site.link(lou.email, "not-me"))
        shows(other, "Was this not you?")
        press(other, re.compile("^This was not me"))
        shows(other, "Choose a new password")
        other.fill("input[name=password]", "short")
        press(other, "Change password")
        shows_error(other, "Choose a new password", re.compile("12"))
        other.fill("input[name=password]", NEW)
        press(other, "Change password")
        shows(other, "Password changed")
        page.goto(f"{site.issuer}/account")
        shows(page, "You need to sign in again")


@on_sqlite
@both_ways
def test_remembered_device_steps_up_and_ends_its_sessions(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    lou = make_lou()
    with (
        time_machine.travel(START) as clock,
        browser_of(chromium, javascript=javascript) as page,
        browser_of(chromium) as other,
    ):
        enter_password(page, site, lou)
        shows(page, "Enter the 6-digit code")
        page.fill("input[name=code]", "000000")
        press(page, "Continue")
        shows_error(page, "Enter the 6-digit code", "The code is not right.")
        page.get_by_label(re.compile("Do not ask for a code")).check()
        page.fill("input[name=code]", lou.code())
        press(page, "Continue")
        page.goto(f"{site.issuer}/sign-out")
        shows(page, page.locator("h1").first.inner_text())
        press(page, "Sign out")
        clock.shift(timedelta(minutes=1))
        sign_in_here(other, site, lou)
        enter_password(page, site, lou, "/sign-in?next=/account/sessions")
        shows(page, "Where you are signed in")
        press(page, re.compile("Ask for a code again"))
        shows(page, "Where you are signed in")
        press(page, "End all other sessions")
        shows(page, "Where you are signed in")
        clock.shift(timedelta(minutes=1))
        step_up(page, site, lou)


def step_up(page: Page, site: Site, lou: Person) -> None:
    """The password is changed, which a session of one factor cannot do yet."""
    page.goto(f"{site.issuer}/account/password")
    shows(page, "Confirm it is you")
    page.fill("input[name=password]", "not the password")
    press(page, "Continue")
    shows_error(page, "Confirm it is you", re.compile("password"))
    page.fill("input[name=password]", lou.password)
    press(page, "Continue")
    shows(page, "Enter the 6-digit code")
    page.fill("input[name=code]", lou.code())
    press(page, "Continue")
    shows(page, "Change your password")
    page.fill("input[name=current_password]", "not the password")
    page.fill("input[name=password]", "short")
    press(page, "Change password")
    shows_error(page, "Change your password", "Your current password is incorrect.")
    page.fill("input[name=current_password]", lou.password)
    page.fill("input[name=password]", NEW)
    press(page, "Change password")
    shows(page, page.locator("h1").first.inner_text())


@on_sqlite
def test_session_end_is_announced_put_off_and_survived_by_a_form(
    site: Site, chromium: Browser
) -> None:
    lou = make_lou()
    with time_machine.travel(START) as clock, browser_of(chromium) as page:
        sign_in_here(page, site, lou, "/sign-in?next=/account/name")
        shows(page, "Change your name")
        page.fill("input[name=given_name]", "Louisa")
        clock.shift(timedelta(minutes=26))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        warning = page.get_by_role("dialog")
        expect(warning).to_be_visible()
        shows(page, "Change your name")
        warning.get_by_role("button", name="Stay signed in").click()
        expect(warning).to_be_hidden()
        clock.shift(timedelta(minutes=29))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(warning).to_be_visible()
        clock.shift(timedelta(minutes=2))
        with page.expect_navigation():
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        shows(page, "You need to sign in again")
        press(page, "Sign in")
        page.fill("input[name=email]", lou.email)
        page.fill("input[name=password]", lou.password)
        press(page, re.compile("^Sign in$"))
        page.fill("input[name=code]", lou.code())
        press(page, "Continue")
        shows(page, "Change your name")
        expect(page.locator("input[name=given_name]")).to_have_value("Louisa")


@on_sqlite
def test_session_end_is_put_off_and_survived_by_a_form_without_javascript(
    site: Site, chromium: Browser
) -> None:
    lou = make_lou()
    with time_machine.travel(START) as clock, browser_of(chromium, javascript=False) as page:
        sign_in_here(page, site, lou, "/sign-in?next=/account/name")
        clock.shift(timedelta(minutes=20))
        with page.context.expect_page() as opened:
            page.locator("dialog button").dispatch_event("click")
        shows(opened.value, "You are still signed in")
        opened.value.close()
        clock.shift(timedelta(minutes=29))
        page.fill("input[name=given_name]", "")
        page.fill("input[name=family_name]", "")
        press(page, "Change name")
        shows_error(page, "Change your name", re.compile("name"))
        page.fill("input[name=given_name]", "Louisa")
        clock.shift(timedelta(minutes=31))
        press(page, "Change name")
        shows(page, "You need to sign in again")
        press(page, "Sign in")
        page.fill("input[name=email]", lou.email)
        page.fill("input[name=password]", lou.password)
        press(page, re.compile("^Sign in$"))
        page.fill("input[name=code]", lou.code())
        press(page, "Continue")
        shows(page, "Change your name")
        expect(page.locator("input[name=given_name]")).to_have_value("Louisa")
