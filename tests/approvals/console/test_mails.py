"""Operators' list of mails."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import writing
from app.outbox import OutboxMail
from approvals.organisations.models import Organisation
from identity.credentials.reset import request_reset
from tests.approvals import world
from tests.approvals.memberships.test_lists import counted
from tests.approvals.world import COMMAND, browser
from tests.deliveries import deliver_due
from tests.identity.walking import Walker

TOKEN = re.compile(r"[\w-]{43}")


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def olive(app: Flask) -> Walker:
    return browser(app, world.operator())


def refuse(recipient: str) -> None:
    """Record a permanent refusal of the mails to the address, as the worker does."""
    with writing() as session:
        session.execute(
            update(OutboxMail)
            .where(OutboxMail.recipient == recipient)
            .values(
                state="refused",
                failed_at=now(),
                last_error="SMTP 550 5.1.1",
                attempts=1,
                sealed_text=None,
            )
        )


def test_list_of_mails_shows_refused_mails_by_the_filter_in_its_address(
    school: Organisation, olive: Walker
) -> None:
    world.invited(school, "bob@ashfield.example")
    world.invited(school, "cy@ashfield.example")
    refuse("bob@ashfield.example")
    page = olive.get("/ops/mails?status=not-delivered")
    assert "bob@ashfield.example" in page.text
    assert "SMTP 550 5.1.1" in page.text
    assert "cy@ashfield.example" not in page.text
    assert '<option value="not-delivered" selected>' in page.html
    page = olive.get("/ops/mails?q=cy@")
    assert "cy@ashfield.example" in page.text
    assert "bob@ashfield.example" not in page.text


def test_list_of_mails_shows_no_link_and_records_the_look_up(
    school: Organisation, olive: Walker
) -> None:
    world.invited(school, "bob@ashfield.example")
    page = olive.get("/ops/mails?q=bob")
    assert "bob@ashfield.example" in page.text
    assert "/invitation/" not in page.html
    (_, text) = world.mails("accounts/invitation")[0]
    (token,) = TOKEN.findall(text)
    assert token not in page.html
    (row,) = world.audited("mail.listed")
    assert (row.detail["what"], row.detail["found"]) == ("bob", 1)


def test_list_of_mails_offers_a_fresh_invitation_of_an_approver(
    school: Organisation, olive: Walker
) -> None:
    world.invited(school, "cy@ashfield.example", approver=True)
    refuse("cy@ashfield.example")
    page = olive.get("/ops/mails")
    link = re.search(r'href="(/ops/[^"]*/resend)"', page.html)
    assert link is not None
    olive.get(link[1]).submit("")
    deliver_due()
    texts = olive.get("/ops/mails?q=cy@").text
    assert "Refused" in texts
    assert "Sent" in texts
    assert "Send a new invitation" not in olive.get("/ops/mails?status=sent").text


def test_list_of_mails_names_the_organisation_of_an_invited_person(
    school: Organisation, olive: Walker
) -> None:
    world.invited(school, "bob@ashfield.example")
    refuse("bob@ashfield.example")
    page = olive.get("/ops/mails")
    assert "An approver of Ashfield School corrects the address" in " ".join(page.text.split())


def test_list_of_mails_leads_to_the_person_whose_reset_was_refused(
    school: Organisation, olive: Walker
) -> None:
    bob = world.who(world.member(school, "bob@ashfield.example"))
    with writing() as session:
        session.execute(update(OutboxMail).values(state="sent", sent_at=now()))
    request_reset(bob.address, by=COMMAND)
    refuse("bob@ashfield.example")
    assert f'href="/ops/people/{bob.subject}"' in olive.get("/ops/mails").html


def test_list_of_mails_takes_the_same_statements_for_one_mail_and_for_twenty(
    school: Organisation, olive: Walker
) -> None:
    world.invited(school, "person0@ashfield.example")
    refuse("person0@ashfield.example")
    olive.get("/ops/mails")
    with counted() as one:
        olive.get("/ops/mails")
    for number in range(1, 20):
        world.invited(school, f"person{number}@ashfield.example")
        refuse(f"person{number}@ashfield.example")
    olive.get("/ops/mails")  # Renews what the process keeps for a second.
    with counted() as many:
        page = olive.get("/ops/mails")
    assert page.text.count("Refused") >= 20
    assert len(many) == len(one)


def test_list_of_mails_is_for_operators_only(app: Flask, school: Organisation) -> None:
    ann = world.member(school, "ann@ashfield.example", approver=True)
    assert browser(app, ann).get("/ops/mails").status in {403, 404}
