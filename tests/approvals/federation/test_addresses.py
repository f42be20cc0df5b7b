"""Changes of address into and out of a domain whose provider forbids own factors."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.database import writing
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.sessions.models import Session
from identity.upstream.models import Connection
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, connect
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.peer import Peer
from tests.approvals.federation.people import linked
from tests.approvals.second_step_resets.recovery import link_of
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker

INSIDE, OUTSIDE = f"hal@{DOMAIN}", "hal@elsewhere.example"
REFUSAL = f"People with an address at {DOMAIN} sign in with Melfield account only"


@pytest.fixture
def only(app: Flask, melfield: Organisation, peer: Peer, name_server: NameServer) -> Connection:
    """A connection whose domain forbids own factors."""
    return connect(app, melfield, peer, name_server, own_factors_forbidden=True)


@pytest.fixture
def hal(app: Flask) -> Person:
    """A person with own factors and an address outside the domain."""
    return make_person(OUTSIDE, "Hal", "Dean")


def request_change(app: Flask, person: Person, address: str) -> Page:
    page = world.browser(app, person.account).get("/account/email")
    return page.submit("/account/email", email=address)


def to_the_confirmation(app: Flask, person: Person, address: str) -> Page:
    page = request_change(app, person, address)
    text = dict(world.mails("own_account/confirm_address"))[address]
    (path,) = re.findall(r"http://localhost:8000(/account/email/confirm/\S+)", text)
    return page.walker.get(path)


def change(app: Flask, person: Person, address: str) -> Page:
    return to_the_confirmation(app, person, address).submit("")


def test_move_into_the_domain_by_a_stranger_to_its_organisations_is_refused(
    app: Flask, only: Connection, hal: Person, elm: Organisation
) -> None:
    world.member(elm, hal.email)
    page = request_change(app, hal, INSIDE)
    assert page.title.startswith("Error: ")
    assert REFUSAL in page.text
    assert world.mails("own_account/confirm_address") == []


def test_move_into_the_domain_is_refused_at_the_confirmation_where_it_forbids_factors_by_then(
    app: Flask, trusted: Connection, hal: Person, elm: Organisation
) -> None:
    page = to_the_confirmation(app, hal, INSIDE)
    with writing() as session:
        session.get_one(Connection, trusted.id).own_factors_forbidden = True
    assert REFUSAL in page.submit("").text
    assert hal.account.email == OUTSIDE


def test_member_moves_into_the_domain_and_is_told_how_to_sign_in_from_then_on(
    app: Flask, client: FlaskClient, only: Connection, hal: Person, melfield: Organisation
) -> None:
    world.member(melfield, hal.email)
    page = to_the_confirmation(app, hal, INSIDE)
    assert "sign in with Melfield account only" in page.text
    assert "You have not connected an account of Melfield account yet" in page.text
    page = page.submit("")
    assert f"Your email address is now {INSIDE}." in page.text
    assert "Ask an approver of your organisation for the link" in page.text
    page = Walker(client).get("/sign-in").submit("/sign-in?", email=INSIDE, password=hal.password)
    assert page.heading == "Sign in with Melfield account"
    assert world.audited("sign_in.password_refused") == []


def test_approver_can_send_the_link_to_a_member_who_moved_into_the_domain(
    app: Flask, only: Connection, hal: Person, melfield: Organisation
) -> None:
    member = world.member(melfield, hal.email)
    change(app, hal, INSIDE)
    approver = world.member(melfield, "heather@elsewhere.example", approver=True)
    place = world.path(melfield, "users", member.public_id)
    page = world.browser(app, approver).get(place)
    page.walker.get(page.link("Send a link to connect Melfield account")).submit("")
    assert link_of("accounts/invitation", INSIDE) is not None


def test_person_with_a_linked_identity_moves_into_the_domain_without_a_warning_to_link(
    app: Flask, only: Connection, hal: Person, melfield: Organisation
) -> None:
    linked(hal.account, only, "hal")
    page = to_the_confirmation(app, hal, INSIDE)
    assert "sign in with Melfield account only" in page.text
    assert "have not connected" not in page.text
    assert "Ask an approver" not in page.submit("").text


def test_person_who_moves_out_of_the_domain_signs_in_with_their_own_factors(
    app: Flask, client: FlaskClient, only: Connection, melfield: Organisation
) -> None:
    hal = make_person(INSIDE, "Hal", "Dean")
    world.member(melfield, hal.email)
    before = Walker(client).get("/sign-in")
    before = before.submit("/sign-in?", email=INSIDE, password=hal.password)
    assert before.heading == "Sign in with Melfield account"
    change(app, hal, OUTSIDE)
    hal.email = OUTSIDE
    assert sign_in(app.test_client(), hal, "/account").heading == "Your account"
    page = Walker(app.test_client()).get("/sign-in")
    page = page.submit("/sign-in?", button="organisation", email=OUTSIDE)
    assert page.heading == "Sign in"


def test_approver_is_told_that_the_domain_of_the_new_address_has_another_provider(
    app: Flask, only: Connection, hal: Person, elm: Organisation
) -> None:
    member = world.member(elm, hal.email)
    approver = world.member(elm, "heather@elsewhere.example", approver=True)
    page = world.browser(app, approver).get(world.path(elm, "users", member.public_id, "email"))
    page = page.submit("", email=INSIDE)
    assert REFUSAL in page.text
    assert world.mails("own_account/confirm_address") == []


@pytest.fixture
def without_factors(only: Connection, melfield: Organisation) -> Membership:
    """Ida joined at the provider, which forbids own factors."""
    ida = world.member(melfield, f"ida@{DOMAIN}", given_name="Ida")
    linked(world.who(ida), only, "ida")
    return ida


def test_approver_is_told_to_invite_a_person_without_own_factors_at_the_new_address(
    app: Flask, melfield: Organisation, without_factors: Membership
) -> None:
    approver = world.member(melfield, "heather@elsewhere.example", approver=True)
    address = world.path(melfield, "users", without_factors.public_id, "email")
    page = world.browser(app, approver).get(address).submit("", email="ida@elsewhere.example")
    assert "Invite them at the new address" in page.text
    assert world.mails("own_account/confirm_address") == []
    assert world.mails("own_account/address_change_begun") == []


def test_person_without_own_factors_reads_how_to_get_another_address(
    app: Flask, only: Connection, melfield: Organisation, without_factors: Membership
) -> None:
    walker = world.browser(app, without_factors)
    with writing() as session:
        session.execute(
            update(Session).values(connection=only.public_id, organisations=[melfield.public_id])
        )
    page = walker.get("/account/email")
    assert page.heading == "This page needs a password of your own"
    assert "ask an approver of your organisation to invite you at the new address" in page.text
    assert "Continue with my password" not in page.text
