"""The frame of a signed-in person's pages: the organisation's name and the navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.database import db, writing
from app.web.authorisation import anyone, permit
from app.web.errors import BadRequest, Forbidden, TooManyRequests
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.identity.walking import Page, Walker
from wsgi import ROOT


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def birch(school: Organisation) -> Organisation:
    return world.organisation("Birch School", urn="100002")


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")


@pytest.fixture
def of_two(ann: Membership, birch: Organisation) -> Membership:
    """An approver of two schools."""
    world.member(birch, ann.email, approver=True)
    return ann


def place(page: Page) -> str:
    """The organisation that the frame names."""
    found = re.search(
        r'service-navigation__service-name">\s*<a [^>]*>(.*?)</a>', page.html, re.DOTALL
    )
    return found.group(1).strip() if found else ""


def test_pages_of_approver_name_their_organisation(
    app: Flask, ann: Membership, school: Organisation
) -> None:
    walker = browser(app, ann)
    addresses = [path(school), path(school, "users", "new"), "/home", "/account", "/help"]
    assert {place(walker.get(address)) for address in addresses} == {"Ashfield School"}


def test_approver_of_two_keeps_organisation_outside_its_pages(
    app: Flask, of_two: Membership, school: Organisation, birch: Organisation
) -> None:
    walker = browser(app, of_two)
    assert place(walker.get("/home")) == "Ashfield School"
    walker.get(path(birch, "users"))
    page = walker.get("/account")
    assert place(page) == "Birch School"
    assert page.link("Users") == path(birch, "users")
    assert page.link("Ashfield School") == path(school)


def test_person_without_organisation_to_approve_for_has_no_place(
    app: Flask, school: Organisation
) -> None:
    page = browser(app, world.member(school, "bob@ashfield.example")).get("/home")
    assert place(page) == ""
    assert "Change organisation" not in page.text


@pytest.mark.parametrize("error", [BadRequest, Forbidden, TooManyRequests, ValueError])
def test_error_page_keeps_frame_of_signed_in_person(
    app: Flask, ann: Membership, error: type[Exception]
) -> None:
    @app.get("/fails")
    @permit(anyone)
    def fails() -> str:
        raise error("for the log")

    page = browser(app, ann).get("/fails")
    assert page.status >= 400
    assert place(page) == "Ashfield School"
    assert "Sign out" in page.text


def test_not_found_page_keeps_frame(app: Flask, ann: Membership) -> None:
    assert place(browser(app, ann).get("/nowhere")) == "Ashfield School"


def test_error_page_after_failed_statement_keeps_frame(app: Flask, ann: Membership) -> None:
    @app.get("/fails")
    @permit(anyone)
    def fails() -> str:
        db.session.execute(text("SELECT nothing FROM nowhere"))
        return ""

    page = browser(app, ann).get("/fails")
    assert page.status == 500
    assert place(page) == "Ashfield School"


def test_error_page_without_readable_session_has_no_frame(app: Flask, ann: Membership) -> None:
    walker = browser(app, ann)
    with _without_table("session"):
        page = walker.get("/account")
    assert page.status == 500
    assert page.heading == "There is a problem with the service"
    assert "Sign out" not in page.text


@contextmanager
def _without_table(name: str) -> Iterator[None]:
    """A database in which nothing finds this table."""

    def rename(old: str, new: str) -> None:
        with writing() as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename(name, f"{name}_away")
    try:
        yield
    finally:
        rename(f"{name}_away", name)


def test_error_page_for_anybody_has_no_navigation(app: Flask) -> None:
    assert "Sign out" not in Walker(app.test_client()).get("/nowhere").text


def test_only_layout_and_error_page_set_navigation() -> None:
    templates = Path(ROOT) / "templates"
    setting = {
        each.relative_to(templates).as_posix()
        for each in templates.rglob("*.html")
        if "block navigation" in each.read_text()
    }
    assert setting == {"layout.html", "errors/error.html"}


def test_home_does_not_greet_approver_as_person_without_access(app: Flask, ann: Membership) -> None:
    page = browser(app, ann).get("/home")
    assert "You do not have access to any service yet." not in page.text
    assert "You look after the users of Ashfield School." in page.text.replace(" .", ".")


def test_home_does_not_greet_operator_as_person_without_access(app: Flask) -> None:
    page = browser(app, world.operator()).get("/home")
    assert "You do not have access to any service yet." not in page.text
    assert "the operators’ pages" in page.text
