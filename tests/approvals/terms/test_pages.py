"""Pages about terms: operators see who accepted what, a person what they accepted."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import now
from app.database import db
from approvals.terms import actions
from identity.accounts.models import Account
from tests.approvals import world
from tests.approvals.decision import world as rows
from tests.approvals.world import browser
from tests.identity.walking import Walker

SERVICE = "school_performance"


@pytest.fixture
def olive(app: Flask) -> Walker:
    """An operator."""
    rows.load_school_performance()
    return browser(app, world.operator())


def people(count: int) -> list[Account]:
    elm = rows.organisation("Elm School", urn="100001")
    made = [rows.person(f"Ada Person{number:02}") for number in range(count)]
    for each in made:
        rows.grant(rows.member(each, elm), "School_Anon")
    return made


def test_terms_page_shows_versions_and_numbers_of_acceptances(olive: Walker) -> None:
    first = rows.publish(SERVICE)
    for each in people(3):
        actions.accept(each, [first], "sid", now())
    rows.publish(SERVICE, accept_again=False)
    page = olive.get("/ops/terms")
    assert page.heading == "Terms of use"
    assert "School Performance, version 2" in page.text
    assert "School Performance, version 1 1 January 2020 Yes 3" in page.text


def test_acceptances_page_shows_who_accepted_and_who_did_not(olive: Walker) -> None:
    version = rows.publish(SERVICE)
    ada, bea, _cy = people(3)
    actions.accept(ada, [version], "sid", now())
    accepted = olive.get(f"/ops/terms/{version}")
    assert ada.email in accepted.text
    assert bea.email not in accepted.text
    waiting = olive.get(accepted.link("Show people who have not accepted"))
    assert ada.email not in waiting.text
    assert bea.email in waiting.text
    assert "2 people" in waiting.text


def test_acceptances_page_omits_people_who_accepted_a_newer_version(olive: Walker) -> None:
    first = rows.publish(SERVICE)
    ada, bea = people(2)
    second = rows.publish(SERVICE)
    actions.accept(ada, [second], "sid", now())
    waiting = olive.get(f"/ops/terms/{first}?show=waiting").text
    assert ada.email not in waiting
    assert bea.email in waiting


def test_acceptances_page_of_a_service_lists_its_people_only(olive: Walker) -> None:
    version, platform = rows.publish(SERVICE), rows.publish(None)
    olive.get("/ops/terms").submit(button="accept")
    people(1)
    stranger = rows.person("Zoe Stranger")
    assert stranger.email not in olive.get(f"/ops/terms/{version}?show=waiting").text
    assert stranger.email in olive.get(f"/ops/terms/{platform}?show=waiting").text


def test_acceptances_page_is_searched_paged_and_recorded(olive: Walker) -> None:
    version = rows.publish(SERVICE)
    made = people(27)
    for each in made:
        actions.accept(each, [version], "sid", now())
    first = olive.get(f"/ops/terms/{version}")
    assert made[0].email in first.text
    assert made[26].email not in first.text
    assert "(page 1 of 2)" in first.title
    assert made[26].email in olive.get(f"/ops/terms/{version}?page=2").text
    found = olive.get(f"/ops/terms/{version}?q=ada person26")
    assert made[26].email in found.text
    assert made[0].email not in found.text
    assert "Nobody matches." in olive.get(f"/ops/terms/{version}?q=nobody").text
    looks = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "terms.list_read"))
    assert [(look.detail["search"], look.detail["rows"]) for look in looks] == [
        ("", 25),
        ("", 2),
        ("ada person26", 1),
        ("nobody", 0),
    ]


def test_version_page_shows_the_text_to_operators(olive: Walker) -> None:
    version = rows.publish(SERVICE)
    page = olive.get(olive.get(f"/ops/terms/{version}").link("Read"))
    assert page.heading == f"Terms of use of {SERVICE}"
    assert "Do no harm." in page.text


def test_own_terms_page_shows_accepted_versions_only(app: Flask, olive: Walker) -> None:
    version, other = rows.publish(SERVICE), rows.publish("library")
    ada = rows.person()
    theirs = browser(app, ada)
    assert "You have not accepted any terms of use yet." in theirs.get("/account/terms").text
    actions.accept(ada, [version], "sid", now())
    page = theirs.get("/account/terms")
    assert "School Performance, version 1" in page.text
    text = theirs.get(f"/account/terms/{version}")
    assert "You accepted this text on" in text.text
    assert theirs.get(f"/account/terms/{other}").status == 404


@pytest.mark.parametrize("path", ["/ops/terms", "/ops/terms/{}", "/ops/terms/{}/text"])
def test_terms_pages_are_hidden_from_others_than_operators(
    app: Flask, olive: Walker, path: str
) -> None:
    version = rows.publish(SERVICE)
    ada = rows.person()
    assert browser(app, ada).get(path.format(version)).status == 404
    assert olive.get(path.format(version)).status == 200


def test_version_page_of_an_unknown_version_is_not_found(olive: Walker) -> None:
    assert olive.get("/ops/terms/nothing").status == 404
