"""Pages of an approver's work with people, walked in every state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from app.clock import now, today
from app.database import writing
from approvals.memberships import suspension
from approvals.memberships.actions import change_user_group
from approvals.memberships.models import Membership, SuspensionKind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation
from tests.approvals import world
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
from tests.journeys.overflow import ORGANISATION, SURNAME, long_address

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
LOU = f"Lou {SURNAME}"
CHOICE = f"What can {LOU} see in School Performance?"

INVITED = {"Ivo Ivory", "Ora Old"}
SUSPENDED = {"Dana Dormant": SuspensionKind.DORMANCY, "Cole Connected": SuspensionKind.CONNECTION}
STATES = [*sorted(INVITED), *SUSPENDED, "Sam Starter"]


@dataclass(frozen=True)
class Desk:
    """A school with a long name, and the browser of its approver."""

    page: Page
    site: Site
    school: Organisation

    def open(self, *parts: str) -> None:
        """Open a page below the organisation's."""
        self.page.goto(self.site.issuer + world.path(self.school, *parts))

    def shows(self, heading: str) -> None:
        shows(self.page, heading)

    def visit(self, heading: str, *parts: str) -> None:
        """Open a page, and expect it to be in order."""
        self.open(*parts)
        self.shows(heading)

    def banner(self, text: str) -> None:
        expect(self.page.locator(".govuk-notification-banner")).to_contain_text(text)


def approver_of_school() -> tuple[Account, Organisation]:
    school = world.school(ORGANISATION)
    ann = world.member(
        school, "ann@ashfield.example", approver=True, given_name="Ann", family_name="Dean"
    )
    return world.who(ann), school


def lou_of(school: Organisation, **more: object) -> Membership:
    """Return a member with a long name and a long address."""
    return world.member(
        school,
        long_address("lou"),
        "School_Named",
        given_name="Lou",
        family_name=SURNAME,
        **more,  # type: ignore[arg-type]  # last_day and approver
    )


@on_sqlite
@both_ways
def test_person_is_added_after_every_mistake_and_taken_back(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    ann, school = approver_of_school()
    with browser_of(chromium, javascript=javascript) as page:
        enter_as(page, site, ann)
        desk = Desk(page, site, school)
        desk.visit(ORGANISATION)
        desk.visit("Invitations", "invitations")
        desk.visit("People who have left", "former-users")
        add(desk)
        member = page.url
        desk.shows(LOU)
        press(page, re.compile("^Send again"))
        desk.banner("New invitation sent")
        desk.shows("Invitations")
        page.get_by_role("link", name=re.compile("^Correct address")).click()
        heading = f"What is the right email address of {LOU}?"
        desk.shows(heading)
        page.fill("input[name=email]", "office@ashfield.example")
        press(page, "Send invitation")
        shows_error(page, heading, re.compile("own address"))
        page.goto(f"{member}/invitation/withdraw")
        desk.shows(f"Withdraw the invitation of {LOU}")
        press(page, "Withdraw invitation")
        desk.banner("withdrawn")
        page.goto(member)
        desk.shows(LOU)


def add(desk: Desk) -> None:
    """From the home page to the page of the invited person, with every mistake on the way."""
    page = desk.page
    desk.open()
    page.get_by_role("button", name="Add a user").click()
    desk.shows("Add a user")
    press(page, "Continue")
    shows_error(page, "Add a user", "Enter an email address")
    page.fill("input[name=email]", "office@ashfield.example")
    page.fill("input[name=given_name]", "Lou")
    page.fill("input[name=family_name]", SURNAME)
    page.get_by_label("School Named", exact=True).check()
    page.fill("input[name=day]", "31")
    press(page, "Continue")
    shows_error(page, "Add a user", re.compile("own address"))
    page.fill("input[name=email]", "lou@ashfeild.example")
    page.fill("input[name=day]", "")
    press(page, "Continue")
    shows_error(page, "Add a user", re.compile("ashfield.example"))
    page.fill("input[name=email]", long_address("lou"))
    press(page, "Continue")
    desk.shows("Check what you have entered")
    press(page, "Send invitation")
    desk.shows("Invitation sent")
    page.get_by_role("link", name="See all users").click()
    page.get_by_role("link", name=LOU, exact=True).click()


@on_sqlite
@both_ways
def test_access_is_changed_suspended_restored_removed_and_given_back(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    ann, school = approver_of_school()
    lou = lou_of(school)
    user = ("users", lou.public_id)
    with browser_of(chromium, javascript=javascript) as page:
        enter_as(page, site, ann)
        desk = Desk(page, site, school)
        desk.visit(LOU, *user)
        change(desk, user)
        suspend(desk, user)
        desk.visit(f"Make {LOU} an approver", *user, "approver", "make")
        press(page, "Make approver")
        desk.shows(LOU)
        desk.visit(f"Stop {LOU} being an approver", *user, "approver", "stop")
        desk.visit(f"Hand over to {LOU}", *user, "hand-over")
        desk.visit(f"What is the new email address of {LOU}?", *user, "email")
        press(page, re.compile("^Send"))
        shows_error(page, f"What is the new email address of {LOU}?", "Enter an email address")
        desk.visit(f"Send {LOU} a link to a new password", *user, "password-reset")
        remove(desk, user)


def change(desk: Desk, user: tuple[str, ...]) -> None:
    """Another user group, on days that are wrong at first, then from a later day on."""
    page, start = desk.page, today() + timedelta(days=40)
    desk.visit(CHOICE, *user, "access", "school_performance")
    page.fill("input[name=start_day]", "31")
    page.fill("input[name=day]", "1")
    press(page, "Continue")
    shows_error(page, CHOICE, "The end date must include a month and year")
    page.get_by_label("School Anon", exact=True).check()
    for name, value in (("day", start.day), ("month", start.month), ("year", start.year)):
        page.fill(f"input[name=start_{name}]", str(value))
        page.fill(f"input[name={name}]", "")
    press(page, "Continue")
    desk.shows(f"Check the change for {LOU}")
    press(page, "Change access")
    desk.banner("Access to School Performance changed")
    desk.shows(LOU)


def suspend(desk: Desk, user: tuple[str, ...]) -> None:
    page = desk.page
    heading = f"Suspend the access of {LOU}"
    desk.visit(heading, *user, "suspend")
    press(page, "Suspend access")
    shows_error(page, heading, "Enter the reason")
    page.fill("textarea[name=reason]", "Long leave until September.")
    press(page, "Suspend access")
    desk.shows(LOU)
    page.get_by_role("link", name="Restore access").click()
    desk.shows(f"Restore the access of {LOU}")
    press(page, "Restore access")
    desk.banner("is restored")


def remove(desk: Desk, user: tuple[str, ...]) -> None:
    page = desk.page
    desk.visit(f"Remove {LOU} from {ORGANISATION}", *user, "remove")
    press(page, "Remove from organisation")
    desk.shows(f"{LOU} removed")
    desk.visit(LOU, *user)
    desk.visit("People who have left", "former-users")
    page.get_by_role("link", name=re.compile("^Add again")).click()
    desk.shows("Add a user")
    expect(page.locator("input[name=email]")).to_have_value(long_address("lou"))
    desk.visit(f"Undo the removal of {LOU}", *user, "undo-removal")
    press(page, "Undo the removal")
    desk.banner("again and has been told by email")
    desk.shows(LOU)


@on_sqlite
@both_ways
def test_lists_and_people_in_every_state_are_shown(
    site: Site, chromium: Browser, javascript: bool
) -> None:
    ann, school = approver_of_school()
    lou = lou_of(school, last_day=today() + timedelta(days=10))
    states = people_in_states(school)
    with browser_of(chromium, javascript=javascript) as page:
        enter_as(page, site, ann)
        desk = Desk(page, site, school)
        desk.visit(ORGANISATION)
        desk.visit("Users", "users")
        desk.visit("Users", "users?q=lou&status=ending&sees=pupil_names&approver=no&sort=added")
        desk.visit("Users", "users?q=loufeatherston")
        desk.visit("Users", "users?q=zzzzzz")
        expect(page.locator("main")).to_contain_text("No users match")
        desk.visit("Invitations", "invitations")
        desk.visit(LOU, "users", lou.public_id)
        for name, person in states.items():
            desk.visit(name, "users", person.public_id)
        desk.visit("Activity", "activity")
        dana = states["Dana Dormant"]
        desk.visit("Restore the access of Dana Dormant", "users", dana.public_id, "reopen")
        cole = states["Cole Connected"]
        desk.visit("Restore the access of Cole Connected", "users", cole.public_id, "reopen")
        page.goto(f"{site.issuer}/account/leave/{school.public_id}")
        desk.shows("You are the only approver")
        page.goto(f"{site.issuer}/home")
        desk.shows("My services")


def people_in_states(school: Organisation) -> dict[str, Membership]:
    """Return people who are invited, whose invitation ran out, dormant, suspended, to start."""
    made = {
        name: (world.invited if name in INVITED else world.member)(
            school,
            f"{given.lower()}@ashfield.example",
            "School_Anon",
            given_name=given,
            family_name=family,
        )
        for name, (given, family) in ((each, each.split()) for each in STATES)
    }
    with writing() as session:
        session.get_one(Invitation, made["Ora Old"].invitation_id).expires_at = world.LONG_AGO
        for name, kind in SUSPENDED.items():
            cause = "The access was not used for 180 days."
            suspension.begin(made[name], kind, cause, at=now(), suspended_by=world.COMMAND)
    change_user_group(
        made["Sam Starter"],
        service=world.SERVICE,
        user_groups=["School_Named"],
        first_day=today() + timedelta(days=20),
        actor=world.COMMAND,
    )
    return made
