"""Invitations whose mail did not arrive, as approvers see them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.clock import now
from app.outbox import delivery
from approvals.memberships.actions import correct_invitation
from approvals.memberships.models import Membership
from approvals.operators.actions import add_operator
from approvals.organisations.models import Organisation
from approvals.workspace import overview
from identity.email_address import EmailAddress
from tests.approvals import world
from tests.approvals.world import COMMAND, browser, path
from tests.conftest import application, settings
from tests.deliveries import deliver_due
from tests.identity.walking import Walker
from tests.servers import smtp

REFUSED = "The mail server of ashfeld.example refused the invitation to bob@ashfeld.example"


@pytest.fixture
def server() -> Iterator[smtp.MailServer]:
    with smtp.running() as running:
        yield running


@pytest.fixture
def app(database_url: str, server: smtp.MailServer) -> Iterator[Flask]:
    chosen = settings(
        database_url, smtp_host=server.host, smtp_port=server.port, smtp_security="none"
    )
    with application(chosen) as flask:
        yield flask
        delivery.finish()


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def ann(app: Flask, school: Organisation) -> Walker:
    approver = world.member(school, "ann@ashfield.example", approver=True, given_name="Ann")
    deliver_due()
    return browser(app, approver)


def invite(school: Organisation, server: smtp.MailServer, reply: str) -> Membership:
    """Invite Bob at a mistyped address, whose mail server replies so."""
    server.recipient_refusal = reply
    bob = world.invited(school, "bob@ashfeld.example", given_name="Bob")
    deliver_due()
    server.recipient_refusal = None
    return bob


def shown(page: object) -> str:
    return " ".join(str(page).split())


def test_refused_invitation_is_shown_on_the_page_of_the_person(
    school: Organisation, ann: Walker, server: smtp.MailServer
) -> None:
    bob = invite(school, server, "550 5.1.1 Unknown user")
    page = ann.get(path(school, "users", bob.public_id))
    assert REFUSED in shown(page.text)
    assert "/invitation/correct" in page.html


def test_refused_invitation_is_shown_in_the_lists_and_counted_at_home(
    school: Organisation, ann: Walker, server: smtp.MailServer
) -> None:
    invite(school, server, "550 5.1.1 Unknown user")
    world.invited(school, "cy@ashfield.example", given_name="Cy")
    page = ann.get(path(school, "invitations"))
    assert page.text.count("Invitation not delivered") == 1
    assert "Refused by the mail server of ashfeld.example." in shown(page.text)
    listed = ann.get(f"{path(school, 'users')}?status=undelivered").text
    assert "bob@ashfeld.example" in listed
    assert "cy@ashfield.example" not in listed
    assert ann.get(path(school, "users")).text.count("Invitation not delivered") == 1
    figures = {each.text: each.count for each in overview.home_page(school, now()).figures}
    assert figures["Invitations that were not delivered"] == 1


def test_invitation_that_is_tried_again_is_not_shown_as_refused(
    school: Organisation, ann: Walker, server: smtp.MailServer
) -> None:
    bob = invite(school, server, "451 4.7.1 Greylisted")
    page = ann.get(path(school, "users", bob.public_id))
    assert "refused" not in page.text
    assert "Invitation not delivered" not in ann.get(path(school, "invitations")).text


def test_corrected_address_ends_the_refusal_that_is_shown(
    school: Organisation, ann: Walker, server: smtp.MailServer
) -> None:
    bob = invite(school, server, "550 5.1.1 Unknown user")
    correct_invitation(bob, email=EmailAddress.parse("bob@ashfield.example"), actor=COMMAND)
    deliver_due()
    assert "refused" not in ann.get(path(school, "users", bob.public_id)).text
    assert "Invitation not delivered" not in ann.get(path(school, "invitations")).text


def test_operator_sees_that_the_invitation_of_an_approver_was_refused(
    app: Flask, school: Organisation, server: smtp.MailServer
) -> None:
    server.recipient_refusal = "550 5.1.1 Unknown user"
    world.invited(school, "cy@ashfeld.example", approver=True)
    deliver_due()
    page = browser(app, world.operator()).get(f"/ops/organisations/{school.public_id}")
    assert "Invitation not delivered" in page.text


def test_operator_sees_that_the_invitation_of_an_operator_was_refused(
    app: Flask, school: Organisation, server: smtp.MailServer
) -> None:
    server.recipient_refusal = "550 5.1.1 Unknown user"
    add_operator(EmailAddress.parse("max@operators.exampel"), actor=COMMAND)
    deliver_due()
    page = browser(app, world.operator()).get("/ops/operators")
    assert page.text.count("Invitation not delivered") == 1


@pytest.mark.parametrize("new", ["bob@new-trust.exampel", "zed@elsewhere.example"])
def test_approver_sees_that_the_mail_of_a_change_of_address_was_refused(
    school: Organisation, ann: Walker, server: smtp.MailServer, new: str
) -> None:
    world.account("zed@elsewhere.example")
    bob = world.member(school, "bob@ashfield.example", given_name="Bob")
    deliver_due()
    page = ann.get(path(school, "users", bob.public_id))
    ann.get(page.link("Change the email address")).submit("", email=new)
    before = ann.get(path(school, "users", bob.public_id)).text
    assert "waits for Bob" in shown(before)
    assert "was refused" not in before
    server.recipient_refusal = "550 5.1.1 Unknown user"
    deliver_due()
    after = shown(ann.get(path(school, "users", bob.public_id)).text)
    assert f"The email to {new} was refused by the mail server of" in after
