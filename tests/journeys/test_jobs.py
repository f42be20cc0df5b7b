"""The jobs of an approver: the published table of pages, clicks and fields, walked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.clock import today
from app.database import writing
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.second_step_resets import rules
from identity.accounts.models import Invitation
from tests.approvals import world
from tests.approvals.access_requests import asking
from tests.identity.people import make_person
from tests.journeys.counting import CountedWalk
from tests.journeys.in_process import (
    Site,
    browser_of,
    name_server,
    on_sqlite,
    sign_in_here,
    site,
)
from wsgi import ROOT

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
TABLE = ROOT / "docs" / "approvers" / "pages-and-clicks.md"
MOST_PAGES = {
    "Add a person": 3,
    "Answer a request": 2,
    "Remove a person": 2,
    "Change a user group": 3,
    "Send an invitation again": 1,
    "Hand over": 2,
}
Job = Callable[[CountedWalk], None]


def row_of(page: Page, name: str) -> Locator:
    """Return the row of a table that names the person, the request or the school."""
    return page.locator("tbody tr", has_text=name)


def act(walk: CountedWalk, name: str, text: str, *, folded: bool = False) -> None:
    """Begin an act in the row of a person."""
    row = row_of(walk.page, name)
    if folded:
        walk.open(row.get_by_text(re.compile("^More")))
    walk.go(row.get_by_role("link", name=re.compile(f"^{text}")))


def press(walk: CountedWalk, name: str) -> None:
    walk.go(walk.page.locator("main").get_by_role("button", name=name))


def ends_with(walk: CountedWalk, text: str) -> None:
    expect(walk.page.locator("main")).to_contain_text(text)


def find_person(walk: CountedWalk) -> None:
    walk.fill("Find a person by name or email address", "odonell")
    press(walk, "Find")
    ends_with(walk, "Bo O’Donnell")


def add_person(walk: CountedWalk) -> None:
    walk.go(walk.page.get_by_role("button", name="Add a user"))
    walk.fill("Email address", "new@ashfield.example")
    walk.fill("First names", "Nell")
    walk.fill("Last name", "Nairn")
    walk.choose("School Named")
    press(walk, "Continue")
    press(walk, "Send invitation")
    ends_with(walk, "Invitation sent")


def answer_request(walk: CountedWalk) -> None:
    act(walk, "Nina New", "Nina New")
    walk.choose("Approve School Named")
    press(walk, "Confirm decision")
    ends_with(walk, "Request approved")


def approve_in_list(walk: CountedWalk) -> None:
    walk.go(row_of(walk.page, "Noor Nyland").get_by_role("button", name=re.compile("^Approve")))
    ends_with(walk, "Request approved")


def remove_person(walk: CountedWalk) -> None:
    act(walk, "Lea Leaver", "Remove")
    press(walk, "Remove from organisation")
    ends_with(walk, "Lea Leaver removed")


def change_user_group(walk: CountedWalk) -> None:
    act(walk, "Bo O’Donnell", "Change access")
    walk.choose("School Anon")
    press(walk, "Continue")
    press(walk, "Change access")
    ends_with(walk, "Access to School Performance changed")


def send_invitation_again(walk: CountedWalk) -> None:
    walk.go(row_of(walk.page, "Ivo Ivory").get_by_role("button", name=re.compile("^Send again")))
    ends_with(walk, "New invitation sent")


def send_password_link(walk: CountedWalk) -> None:
    act(walk, "Bo O’Donnell", "Send a link", folded=True)
    press(walk, "Send link")
    expect(walk.page.locator(".govuk-notification-banner")).to_be_visible()


def reset_second_step(walk: CountedWalk) -> None:
    act(walk, "Bo O’Donnell", "Reset the second step", folded=True)
    for check in rules.CHECKS.values():
        walk.choose(check.replace("{name}", "Bo O’Donnell"))
    press(walk, "Reset the second step")
    ends_with(walk, "The reset is decided.")


def hand_over(walk: CountedWalk) -> None:
    act(walk, "Abe Byron", "Hand over", folded=True)
    press(walk, "Hand over")
    ends_with(walk, "is an approver for Ashfield School in your place")


def change_organisation(walk: CountedWalk) -> None:
    walk.open(walk.page.get_by_text("Change organisation"))
    walk.go(walk.page.get_by_role("link", name="Elm Trust", exact=True))
    expect(walk.page.locator("h1")).to_have_text("Elm Trust")


def propose_approver(walk: CountedWalk) -> None:
    act(walk, "Ashfield School", "Propose an approver")
    walk.fill("Email address", "pat@ashfield.example")
    walk.fill("First names", "Pat")
    walk.fill("Last name", "Poole")
    press(walk, "Continue")
    press(walk, "Propose approver")
    ends_with(walk, "Approver proposed")


def figure(text: str, name: str) -> Job:
    """A job that ends with the list behind a figure of the home page."""

    def see(walk: CountedWalk) -> None:
        walk.go(walk.page.locator(".sa-figures").get_by_role("link", name=re.compile(text)))
        ends_with(walk, name)

    return see


def see_activity(walk: CountedWalk) -> None:
    walk.go(walk.page.get_by_role("link", name="Activity", exact=True))
    ends_with(walk, "removed Lea Leaver")


def jobs(school: Organisation, trust: Organisation) -> dict[str, tuple[str, Job]]:
    """Return each job with the page on which it begins."""
    home, users = world.path(school), world.path(school, "users")
    requests = world.path(school, "requests")
    return {
        "Find a person": (home, find_person),
        "Add a person": (home, add_person),
        "Answer a request": (requests, answer_request),
        "Approve a request in the list": (requests, approve_in_list),
        "Remove a person": (users, remove_person),
        "Change a user group": (users, change_user_group),
        "See who can see pupil names": (home, figure("^Can see pupil names", "Noor Nyland")),
        "See who was not here for 90 days": (home, figure("^Not here", "Abe Byron")),
        "See whose invitation has run out": (home, figure("run out", "Ora Old")),
        "See whose access ends within 30 days": (home, figure("ends within", "Eve Ending")),
        "See who changed what": (home, see_activity),
        "Send an invitation again": (users, send_invitation_again),
        "Send a link to a new password": (users, send_password_link),
        "Reset a second step": (users, reset_second_step),
        "Change to another organisation": (home, change_organisation),
        "Propose an approver for a school": (world.path(trust, "schools"), propose_approver),
        "Hand over": (users, hand_over),
    }


def published() -> dict[str, list[str]]:
    """Return the cells after the name of each job in the table."""
    rows = re.findall(r"^\| (.+ \| .+ \| \d+ \| .+) \|$", TABLE.read_text(), re.MULTILINE)
    return {cells[0]: cells[2:] for cells in (row.split(" | ") for row in rows)}


def make_bodies() -> tuple[Organisation, Organisation]:
    """A school of a trust with people in every state, and two requests that wait."""
    scene = asking.asking()
    school, trust = scene.school, scene.trust
    world.member(trust, "ann@ashfield.example", approver=True, given_name="Ann")
    for given, family in (("Bo", "O’Donnell"), ("Lea", "Leaver")):
        address = f"{given.lower()}@ashfield.example"
        world.member(school, address, "School_Named", given_name=given, family_name=family)
    world.member(
        school,
        "eve@ashfield.example",
        "School_Governor",
        given_name="Eve",
        family_name="Ending",
        last_day=today() + timedelta(days=10),
    )
    world.invited(school, "ivo@ashfield.example", given_name="Ivo", family_name="Ivory")
    old = world.invited(school, "ora@ashfield.example", given_name="Ora", family_name="Old")
    with writing() as session:
        session.get_one(Invitation, old.invitation_id).expires_at = world.LONG_AGO
        session.get_one(Membership, scene.abe.id).joined_at = world.LONG_AGO
    asking.file(scene.nina, school)
    asking.file(world.account("noor@home.example", "Noor", "Nyland"), school)
    return school, trust


@on_sqlite
def test_jobs_take_the_pages_clicks_and_fields_of_the_published_table(
    site: Site, chromium: Browser
) -> None:
    ann = make_person("ann@ashfield.example", "Ann", "Byron")
    school, trust = make_bodies()
    counted: dict[str, list[str]] = {}
    with browser_of(chromium) as page:
        sign_in_here(page, site, ann)
        for name, (start, job) in jobs(school, trust).items():
            walk = CountedWalk(page, f"{site.issuer}{start}")
            job(walk)
            counted[name] = [str(number) for number in astuple(walk.done())]
    assert counted == {name: cells[:3] for name, cells in published().items()}


def test_published_table_of_jobs_keeps_the_bars() -> None:
    table = published()
    assert {name: int(table[name][0]) for name in MOST_PAGES} == MOST_PAGES
    compared = {
        name: (int(pages), int(steps))
        for name, (pages, _clicks, _fields, steps) in table.items()
        if steps != "none"
    }
    assert compared.keys() >= MOST_PAGES.keys()
    assert {name for name, (pages, steps) in compared.items() if 2 * pages > steps} == set()
