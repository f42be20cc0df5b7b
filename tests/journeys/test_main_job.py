"""The product's main job, walked in a browser: added, joined, seen, removed."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Demo, press, sign_in
from tests.servers import ports

pytestmark = pytest.mark.browser
PASSWORD = "plum kettle orbit lane"
CONTINUE = "Continue"


@contextmanager
def own_browser(chromium: Browser, *, javascript: bool = True) -> Iterator[Page]:
    """A browser that nobody has used yet."""
    context = chromium.new_context(java_script_enabled=javascript, locale="en-GB")
    yield context.new_page()
    context.close()


def heading(page: Page) -> str:
    return page.locator("h1").first.inner_text()


def add_user(page: Page, demo: Demo, *, email: str, name: tuple[str, str], group: str) -> None:
    """As an approver, from the list of users to the confirmation."""
    page.goto(f"{demo.issuer}/home")
    page.get_by_role("link", name="Users", exact=True).first.click()
    press(page, "Add a user")
    page.fill("input[name=email]", email)
    page.fill("input[name=given_name]", name[0])
    page.fill("input[name=family_name]", name[1])
    page.get_by_label(group, exact=True).check()
    press(page, CONTINUE)
    expect(page.locator("h1").first).to_have_text("Check what you have entered")
    press(page, "Send invitation")
    expect(page.locator("h1").first).to_have_text("Invitation sent")


def join(page: Page, demo: Demo, email: str) -> None:
    """From the invitation's mail in the outbox to the page that says that one has joined."""
    open_invitation(page, demo, email)
    press(page, "Accept the invitation")
    press(page, "Use a password and an app")
    page.fill("input[name=password]", PASSWORD)
    press(page, CONTINUE)
    secret = page.locator(".sa-key").inner_text().replace(" ", "")
    page.fill("input[name=code]", pyotp.TOTP(secret).now())
    press(page, CONTINUE)
    expect(page.locator("h1").first).to_have_text("Save your recovery codes")
    press(page, "I have saved these codes")
    for terms in ("Secure Access", "School Performance"):
        expect(page.locator("main")).to_contain_text(f"Terms of use of {terms}")
    page.locator("button[name=accept]").click()
    expect(page.locator("h1").first).to_have_text("You have joined")


def until(holds: Callable[[], object], what: str) -> None:
    """Look again and again at what the worker does beside the pages."""
    ports.wait_until(lambda: bool(holds()), seconds=60, what=what)


def open_invitation(page: Page, demo: Demo, email: str) -> None:
    """Opens the link of the mail, which the worker delivers within seconds."""
    mail = page.locator("li", has_text=email).filter(has_text="invited you").first
    until(lambda: page.goto(demo.outbox) and mail.count() > 0, f"the mail to {email}")
    mail.get_by_role("link").click()
    page.locator("a[href*=invitation]").click()


def remove_user(page: Page, demo: Demo, name: str) -> None:
    page.goto(f"{demo.issuer}/home")
    page.get_by_role("link", name="Users", exact=True).first.click()
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name=re.compile("^Remove")).first.click()
    press(page, "Remove from organisation")
    expect(page.locator("h1").first).to_have_text(f"{name} removed")


def refused_at_a_click(page: Page) -> None:
    """The service is told by the worker, within seconds."""
    until(
        lambda: page.reload() and heading(page) == "Your access has ended", "access that has ended"
    )


def test_person_is_added_joins_enters_and_is_refused_after_removal(
    demo: Demo, chromium: Browser
) -> None:
    approver = demo.person(email="jo.juniper@demo.example")
    school = approver["organisation"]
    with (
        own_browser(chromium) as desk,
        own_browser(chromium) as named,
        own_browser(chromium) as governor,
    ):
        desk.goto(f"{demo.issuer}/sign-in")
        sign_in(desk, approver)
        add_user(
            desk, demo, email="nel.nairn@demo.example", name=("Nel", "Nairn"), group="School Named"
        )
        add_user(
            desk, demo, email="gus.glen@demo.example", name=("Gus", "Glen"), group="School Governor"
        )
        join(named, demo, "nel.nairn@demo.example")
        join(governor, demo, "gus.glen@demo.example")

        for page in (named, governor):
            page.goto(f"{demo.reporting_app}/sign-in")
            expect(page.locator("h1").first).to_have_text("Results of your schools")
            page.get_by_role("link", name=school).click()
            expect(page.locator("h1").first).to_contain_text(school)
        expect(
            named.get_by_role("link", name=re.compile("download", re.IGNORECASE)).first
        ).to_be_visible()
        assert governor.request.get(f"{governor.url}/csv").status == 403

        remove_user(desk, demo, "Nel Nairn")
        refused_at_a_click(named)
        governor.reload()
        expect(governor.locator("h1").first).to_contain_text(school)


def test_journeys_work_without_javascript(demo: Demo, chromium: Browser) -> None:
    approver = demo.person(email="lou.larch@demo.example")
    with own_browser(chromium, javascript=False) as desk:
        desk.goto(f"{demo.issuer}/sign-in")
        sign_in(desk, approver)
        add_user(
            desk, demo, email="una.usk@demo.example", name=("Una", "Usk"), group="MAT Governor"
        )
    with own_browser(chromium, javascript=False) as newcomer:
        join(newcomer, demo, "una.usk@demo.example")
        newcomer.goto(f"{demo.reporting_app}/sign-in")
        expect(newcomer.locator("h1").first).to_have_text("Results of your schools")


def test_terms_are_shown_before_a_person_enters_the_service(demo: Demo, page: Page) -> None:
    person = demo.person(terms_accepted=False)
    page.goto(f"{demo.reporting_app}/sign-in")
    sign_in(page, person)
    expect(page.locator("h1").first).to_contain_text("Terms of use")
    with page.expect_navigation():
        page.locator("button[name=accept]").click()
    expect(page.locator("h1").first).to_have_text("Results of your schools")


def test_person_of_two_organisations_chooses_one(demo: Demo, page: Page) -> None:
    first, second = demo.people(email="kit.kapok@demo.example")
    page.goto(f"{demo.reporting_app}/sign-in")
    sign_in(page, first)
    page.get_by_label(re.compile(second["organisation"])).check()
    press(page, CONTINUE)
    expect(page.locator("body")).to_contain_text(second["user_group"])


def test_person_removed_from_one_organisation_signs_in_for_the_other(
    demo: Demo, chromium: Browser
) -> None:
    first, second = demo.people(email="kit.kapok@demo.example")
    with own_browser(chromium) as desk, own_browser(chromium) as page:
        page.goto(f"{demo.reporting_app}/sign-in")
        sign_in(page, first)
        page.get_by_label(re.compile(first["organisation"])).check()
        press(page, CONTINUE)
        expect(page.locator("h1").first).to_have_text("Results of your schools")
        desk.goto(f"{demo.issuer}/sign-in")
        sign_in(desk, demo.person(email="jo.juniper@demo.example"))
        remove_user(desk, demo, "Kit Kapok")
        refused_at_a_click(page)
        page.get_by_role("link", name="Sign in").click()
        expect(page.locator("h1").first).to_have_text("Results of your schools")
        expect(page.locator("body")).to_contain_text(second["user_group"])


def test_person_without_access_sees_the_approvers(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.reporting_app}/sign-in")
    sign_in(page, demo.person(email="pia.pine@demo.example"))
    expect(page.locator("main")).to_contain_text("single-academy trust")
    assert page.url.startswith(demo.issuer)
