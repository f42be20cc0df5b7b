"""Pages other than the sign-in page that could tell whether an address has an account: LG-03."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask import Flask

from app.database import writing
from identity.accounts import invitations
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.identity.conftest import Post
from tests.identity.credentials.passkey_pages import add_passkey, options_on
from tests.identity.joining.test_joining import link
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import Person, make_person
from tests.identity.walking import Page, Walker

KNOWN, UNKNOWN = "grace@school.example", "nobody@school.example"
VARYING = [
    r'name="csrf_token"[^>]*value="[^"]*"',
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r'nonce="[^"]*"',
    r"&#34;challenge&#34;: &#34;[\w-]+&#34;",
]


@pytest.fixture
def known(app: Flask) -> Person:
    """Return a person with every factor and with access in an organisation."""
    person = make_person(KNOWN, "Grace", "Hopper")
    world.member(world.school("Elm School", "100002"), KNOWN, "School_Named", approver=True)
    add_passkey(person)
    return person


def stable(page: Page, *addresses: str) -> str:
    """Return the page without what differs each time, and without the address that was typed."""
    markup = page.html
    for each in VARYING:
        markup = re.sub(each, "", markup)
    for address in addresses:
        markup = markup.replace(address, "")
    return markup


def test_LG_03_login_hint_shows_the_same_page_for_every_address(app: Flask, known: Person) -> None:
    signing_keys.ready()
    rp = RelyingParty(app.test_client(), register())
    pages = {
        stable(Walker(app.test_client()).get(rp.request(login_hint=email)), email)
        for email in (KNOWN, UNKNOWN)
    }
    assert len(pages) == 1


def test_LG_03_rejected_password_offers_no_passkey_by_its_id(app: Flask, known: Person) -> None:
    for email in (KNOWN, UNKNOWN):
        page = Walker(app.test_client()).get("/sign-in")
        page = page.submit("/sign-in?", email=email, password="wrong wrong wrong")
        assert options_on(page)["allowCredentials"] == []


@pytest.mark.usefixtures("clock")
def test_LG_03_invitation_shows_approvers_no_account_of_another_organisation(
    app: Flask, known: Person
) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    pages = []
    for email in (KNOWN, UNKNOWN):
        invited = world.invited(
            school, email, "School_Named", given_name="Gina", family_name="Hill"
        )
        walker = world.browser(app, ann)
        pages.append(
            [
                stable(walker.get(world.path(school, *parts)), email)
                for parts in (("users", invited.public_id), ("users", invited.public_id, "remove"))
            ]
        )
    assert pages[0] == pages[1]


@pytest.mark.usefixtures("clock")
def test_LG_03_link_of_an_invitation_shows_the_same_first_page_for_every_address(
    app: Flask, known: Person, post: Post
) -> None:
    """A reader of a forwarded link learns nothing before they prove a factor."""
    pages = []
    for email in (KNOWN, UNKNOWN):
        with writing():
            invitations.invite(
                EmailAddress.parse(email),
                "Gina",
                "Hill",
                invited_by="Ann",
                sender="",
                organisation_name="Ashfield School",
            )
        pages.append(stable(Walker(app.test_client()).get(link(post, email)), email))
    assert pages[0] == pages[1]


def test_LG_03_reset_request_shows_the_same_page_while_an_account_is_closed(
    app: Flask, known: Person, clock: time_machine.Traveller
) -> None:
    with writing() as session:
        session.get_one(type(known.account), known.account_id).joined_at = None
    pages = {
        stable(Walker(app.test_client()).get("/forgot-password").submit(email=email), email)
        for email in (KNOWN, UNKNOWN)
    }
    assert len(pages) == 1
