"""The contact form: a reference, a bound, and no mail to the address that was typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from app.database import db
from app.outbox import OutboxMail
from tests.approvals import world
from tests.conftest import application, settings
from tests.identity.walking import Page, Walker

SUPPORT = "help@access.example"
STRANGER = "victim@elsewhere.example"


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    chosen = settings(database_url, mail_directory=tmp_path, support_email=SUPPORT)
    with application(chosen) as made, made.app_context():
        yield made


def send(walker: Walker, text: str = "I see nothing.", name: str = "") -> Page:
    page = walker.get("/contact")
    return page.submit(subject="access", text=text, email=STRANGER, name=name)


def test_contact_form_mails_the_support_address_and_shows_the_reference(site: Flask) -> None:
    page = send(Walker(site.test_client()), "First line\nsecond line", name="Jo Juniper")
    assert page.heading == "Message sent"
    [(to, text)] = world.mails("information/contact")
    assert to == SUPPORT
    reference = page.html.partition("<strong>")[2].partition("</strong>")[0]
    assert reference
    assert text.count(reference) == 2
    for words in ("I cannot see what I need", "Jo Juniper", STRANGER, "First line", "second line"):
        assert words in text


def test_contact_form_sends_nothing_to_the_typed_address(site: Flask) -> None:
    send(Walker(site.test_client()))
    assert {mail.recipient for mail in db.session.query(OutboxMail)} == {SUPPORT}


def test_contact_form_makes_no_link_of_typed_text(site: Flask) -> None:
    send(Walker(site.test_client()), "Look: https://evil.example/x and www.evil.example")
    [(_, text)] = world.mails("information/contact")
    assert "https://evil.example" not in text
    assert "www.evil.example" not in text


def test_contact_form_takes_five_messages_an_hour_of_one_network(site: Flask) -> None:
    walker = Walker(site.test_client())
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False) as clock:
        for _ in range(5):
            assert send(walker).heading == "Message sent"
            clock.shift(timedelta(minutes=1))
        refused = send(walker)
        assert refused.status == 429
        assert "5 messages an hour" in refused.text
        assert int(refused.response.headers["Retry-After"]) > 3000
        clock.shift(timedelta(hours=1))
        assert send(walker).heading == "Message sent"
    assert len(world.mails("information/contact")) == 6


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": " "}, "Enter your message"),
        ({"text": "x" * 2001}, "Your message must be 2,000 characters or fewer"),
        ({"subject": "nonsense"}, "Select what it is about"),
        ({"email": "jo"}, "Enter an email address in the correct format"),
        ({"name": "www.evil.example"}, "Your name must not include"),
    ],
)
def test_contact_form_explains_a_mistake_and_keeps_the_text(
    site: Flask, fields: dict[str, str], sentence: str
) -> None:
    page = Walker(site.test_client()).get("/contact")
    filled = {"subject": "other", "text": "Hello there", "name": "Jo", "email": STRANGER}
    page = page.walker.post("/contact", {**page.form().values, **filled, **fields})
    assert page.title.startswith("Error: ")
    assert page.text.count(sentence) == 2
    assert ("Hello there" in page.html) == ("text" not in fields)


def test_contact_page_without_support_address_names_whom_to_ask(app: Flask) -> None:
    page = Walker(app.test_client()).get("/contact")
    assert "Ask an approver in your organisation" in page.text
    assert page.forms() == []
