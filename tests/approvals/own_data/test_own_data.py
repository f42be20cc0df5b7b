"""People read and download what is stored about them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.clock import now
from app.database import Base, db, writing
from app.outbox import OutboxMail, send_mail
from approvals.access_requests import actions as requests
from approvals.access_requests.facts import AskedFor
from approvals.own_data.sections import SECTIONS, WITHHELD
from approvals.second_step_resets import actions as resets
from approvals.second_step_resets import rules as reset_rules
from approvals.task_mails.models import MailPreference
from identity.accounts.models import Account, Invitation
from identity.accounts.person import actor_of
from identity.email_changes.models import EmailChange
from identity.sessions.models import Session
from tests.approvals import world
from tests.identity.conftest import audited
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker

DOWNLOAD = "/account/data/secure-access-data.json"
ABOUT_PEOPLE = {"account_id", "chosen_by", "email_key", "recipient"}
"""Columns by which a row is about a person."""
SECRET = ("hash", "secret", "sealed", "token", "challenge")


@pytest.fixture
def person(app: Flask) -> Person:
    return make_person()


@pytest.fixture
def walker(client: FlaskClient, person: Person) -> Walker:
    sign_in(client, person)
    return Walker(client)


def content(page: Page) -> Any:
    return json.loads(page.response.get_data(as_text=True))


def test_own_data_has_everything_about_the_person(
    app: Flask, walker: Walker, person: Person
) -> None:
    signing_keys.ready()
    school = world.school()
    world.member(school, person.email, "School_Named")
    RelyingParty(app.test_client(), register()).tokens(walker.client)
    page = walker.get(walker.get(walker.get("/account").link("Read or download")).link("JSON"))
    assert page.response.mimetype == "application/json"
    sections = content(page)["sections"]
    assert sections["Account"][0]["Email address"] == person.email
    assert sections["Account"][0]["Identifier in tokens"] == person.subject
    assert sections["Organisations"][0]["Organisation"] == "Ashfield School"
    assert sections["User groups"][0]["User group"] == "School_Named"
    assert sections["Sign-ins to services"][0]["Service"] == "Reports"
    assert len(sections["Sessions"]) == 1
    assert any(entry["event"] == "You signed in." for entry in content(page)["activity"])


def test_own_data_has_the_day_of_the_last_digest(walker: Walker, person: Person) -> None:
    with writing() as session:
        session.add(
            MailPreference(
                account_id=person.account_id, digest_hour=7, last_digest_on=date(2026, 11, 23)
            )
        )
    for address in (DOWNLOAD, "/account/data/page"):
        assert "2026" in walker.get(address).response.get_data(as_text=True)
    (row,) = content(walker.get(DOWNLOAD))["sections"]["Emails about tasks"]
    assert row == {"Hour of the digest in London": 7, "Last digest": "2026-11-23"}
    assert "23 November 2026" in walker.get("/account/data/page").text


def test_own_data_has_the_reason_of_the_own_request_alone(walker: Walker, person: Person) -> None:
    school = world.school()
    world.member(school, "ann@ashfield.example", approver=True)
    wanted = AskedFor(world.SERVICE, "School_Named", [])
    requests.file_request(person.account, school, wanted, reason="I teach here")
    olive = world.operator()
    resets.decide(
        person.account,
        actor_of(olive),
        organisation=None,
        checked=reset_rules.CHECKS,
        reason="Their phone was stolen",
    )
    rows = content(walker.get(DOWNLOAD))["sections"]["Requests for decisions about you"]
    assert {row["Kind"]: row["Your reason"] for row in rows} == {
        "access_request": "I teach here",
        "second_step_reset": None,
    }


def test_own_data_page_shows_the_same_sections(walker: Walker, person: Person) -> None:
    world.member(world.school(), person.email, "School_Named")
    page = walker.get("/account/data/page")
    assert page.heading == "Your data"
    for section in SECTIONS:
        assert section.title in page.text
    assert "Ashfield School" in page.text


@pytest.mark.parametrize("address", [DOWNLOAD, "/account/data/page"])
def test_own_data_is_not_stored_by_browsers_and_recorded(
    walker: Walker, person: Person, address: str
) -> None:
    page = walker.get(address)
    assert "no-store" in page.response.headers["Cache-Control"]
    (row,) = audited("account.data_read")
    assert row["subject"] == row["actor"] == person.subject


@pytest.mark.parametrize("address", [DOWNLOAD, "/account/data/page"])
def test_own_data_needs_a_fresh_sign_in(walker: Walker, person: Person, address: str) -> None:
    with writing() as session:
        for row in session.scalars(select(Session)):
            row.auth_time = now() - timedelta(minutes=16)
    page = walker.get(address)
    assert page.heading == "Confirm it is you"
    assert not audited("account.data_read")


def test_own_data_has_no_data_of_other_people_and_no_secrets(
    app: Flask, walker: Walker, person: Person
) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", given_name="Ann", approver=True)
    other = make_person("grace@school.example", "Grace", "Hopper")
    sign_in(app.test_client(), other)
    world.member(school, person.email, "School_Named", actor=world.acting(ann))
    found = content(walker.get(DOWNLOAD))["sections"]
    # The subject of a mail that the person received names its sender.
    found.pop("Mails to your present address")
    sections = json.dumps(found)
    for theirs in ("Ann ", "ann@ashfield", "Grace", "grace@", other.subject):
        assert theirs not in sections
    secrets = db.session.execute(
        text(
            "SELECT password_hash FROM password_credential UNION "
            "SELECT sealed_secret FROM totp_credential UNION "
            "SELECT token_hash FROM session UNION SELECT token_hash FROM known_device"
        )
    ).scalars()
    assert not [secret for secret in secrets if secret and secret in sections]


def test_own_data_has_nothing_of_a_former_holder_of_the_address(
    walker: Walker, person: Person
) -> None:
    """Grace left the address long enough ago for somebody else to take it."""
    grace = make_person("grace@school.example", "Grace", "Hopper")
    left_at = now() - timedelta(days=10)
    with writing() as session:
        session.add(
            EmailChange(
                account_id=grace.account.id,
                email=grace.email,
                email_key=grace.account.email_key,
                former_email=person.email,
                former_email_key=person.account.email_key,
                created_at=left_at,
                expires_at=left_at + timedelta(days=1),
                confirmed_at=left_at,
                reversible_until=left_at + timedelta(hours=72),
            )
        )
        for name, sent_at, owner in (
            ("Grace", left_at - timedelta(days=1), grace.account.id),
            ("Withdrawn for Grace", left_at - timedelta(days=1), None),
            ("Later", now(), None),
        ):
            session.add(
                Invitation(
                    email=person.email,
                    email_key=person.account.email_key,
                    given_name=name,
                    family_name="Hopper",
                    invited_by="Ann",
                    organisation_name="Ashfield School",
                    sender="school",
                    account_id=owner,
                    created_at=sent_at,
                    expires_at=sent_at + timedelta(days=7),
                )
            )
            send_mail(
                to=person.email,
                template="credentials/reset_explained",
                context={"reason": "no account", "provider": ""},
            )
            session.flush()
            mail = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()
            assert mail is not None
            mail.created_at = sent_at
    sections = content(walker.get(DOWNLOAD))["sections"]
    assert [row["First names"] for row in sections["Invitations"]] == ["Later"]
    assert all(
        row["Written"] > left_at.isoformat() for row in sections["Mails to your present address"]
    )
    assert sections["Mails to your present address"]


def test_sections_contain_no_column_of_a_secret_or_a_key() -> None:
    for section in SECTIONS:
        for column in section.columns.values():
            name = str(getattr(column, "key", ""))
            assert not any(mark in name for mark in SECRET), (section.title, name)
            assert name != "id"
            assert not name.endswith("_id")


def test_every_table_about_people_is_given_or_withheld_with_a_reason(app: Flask) -> None:
    given = {section.table for section in SECTIONS}
    assert not given & WITHHELD.keys()
    tables = {
        mapper.class_
        for mapper in Base.registry.mappers
        if ABOUT_PEOPLE & {column.name for column in mapper.local_table.columns}
    }
    assert tables - {Account} <= given | WITHHELD.keys()
