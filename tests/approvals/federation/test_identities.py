"""The pages of the providers that a person signs in at, and unlinking one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.clock import now
from app.database import db, writing
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.credentials.models import TotpCredential
from identity.upstream.identities import LAST, REQUIRED
from identity.upstream.models import Connection, Identity
from tests.approvals import world
from tests.approvals.federation.peer import BrowserThere
from tests.approvals.federation.people import GRACE, linked, sessions, sign_in_elsewhere
from tests.identity.people import Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from tests.races import THREADS, copied, race

LIST = "/account/organisation-sign-ins"


@pytest.fixture
def grace(app: Flask, melfield: Organisation, trusted: Connection) -> Person:
    """Grace has own factors, and an identity that was linked a month ago."""
    person = make_person(GRACE)
    world.join(world.invited(melfield, GRACE, "School_Anon"))
    linked(person.account, trusted)
    with writing() as session:
        session.scalars(select(Identity)).one().linked_at = now() - timedelta(days=30)
    return person


@pytest.fixture
def walker(app: Flask, grace: Person) -> Walker:
    """Grace's browser, signed in with her own factors."""
    return sign_in(app.test_client(), grace, "/account").walker


def to_the_question(walker: Walker) -> Page:
    page = walker.get("/account")
    page = walker.get(page.link("See or unlink"))
    return walker.get(page.link("Unlink"))


def identities() -> list[Identity]:
    db.session.rollback()
    return list(db.session.scalars(select(Identity)))


def test_account_page_lists_linked_providers_with_their_last_use(
    walker: Walker, client: FlaskClient, there: BrowserThere
) -> None:
    page = walker.get(LIST)
    assert "Melfield account" in page.text
    assert "Not used yet" in page.text
    sign_in_elsewhere(client, there, amr="pwd,mfa")
    assert "Not used yet" not in walker.get(LIST).text
    assert identities()[0].last_used_at is not None


def test_account_page_of_a_person_without_linked_provider_has_no_such_row(
    app: Flask, grace: Person
) -> None:
    other = make_person("hal@elsewhere.example", "Hal", "Dean")
    page = sign_in(app.test_client(), other, "/account")
    assert "Organisation sign-ins" not in page.text
    assert "No account of an organisation is linked" in page.walker.get(LIST).text


def test_unlinking_ends_the_sessions_that_began_there_and_mails_the_person(
    walker: Walker, client: FlaskClient, there: BrowserThere, trusted: Connection, grace: Person
) -> None:
    sign_in_elsewhere(client, there, amr="pwd,mfa")
    page = to_the_question(walker).submit("")
    assert "Melfield account is unlinked." in page.text
    assert identities() == []
    (kept,) = sessions()
    assert kept.connection is None, "the session with own factors stays"
    ((to, text),) = world.mails("upstream/unlinked")
    assert to == GRACE
    assert "Melfield account" in text
    (row,) = world.audited("upstream.identity_unlinked")
    assert (row.actor, row.detail["connection"]) == (grace.subject, trusted.public_id)
    page = sign_in_elsewhere(Walker(client).client, there, amr="pwd,mfa")
    assert page.status == 403


def test_not_me_links_the_identity_again(
    walker: Walker, client: FlaskClient, there: BrowserThere
) -> None:
    to_the_question(walker).submit("")
    ((_, text),) = world.mails("upstream/unlinked")
    link = text.partition("http://localhost:8000/not-me/")[2].split()[0]
    page = Walker(client).get(f"/not-me/{link}")
    assert "unlinked is linked again" in page.text
    page.submit("")
    assert len(identities()) == 1
    assert sign_in_elsewhere(client, there, amr="pwd,mfa").status == 200


def test_not_me_does_not_link_again_what_was_linked_in_the_last_days(
    walker: Walker, client: FlaskClient
) -> None:
    with writing() as session:
        session.scalars(select(Identity)).one().linked_at = now() - timedelta(days=6)
    to_the_question(walker).submit("")
    ((_, text),) = world.mails("upstream/unlinked")
    link = text.partition("http://localhost:8000/not-me/")[2].split()[0]
    Walker(client).get(f"/not-me/{link}").submit("")
    assert identities() == []


def test_last_way_in_is_not_unlinked(walker: Walker, grace: Person) -> None:
    form = to_the_question(walker).form("")
    with writing() as session:
        session.execute(delete(TotpCredential).where(TotpCredential.account_id == grace.account_id))
    page = walker.get(walker.get(LIST).link("Unlink"))
    assert LAST.sentence in page.text
    refused = walker.post(page.address, form.values)
    assert refused.heading == "You cannot unlink Melfield account"
    assert len(identities()) == 1


def test_provider_that_the_domain_requires_is_not_unlinked(
    walker: Walker, trusted: Connection
) -> None:
    page = to_the_question(walker)
    with writing() as session:
        session.get_one(Connection, trusted.id).own_factors_forbidden = True
    assert REQUIRED.sentence in page.submit("").text
    assert len(identities()) == 1


def test_unlinking_needs_own_factors_and_a_recent_sign_in(
    grace: Person, client: FlaskClient, there: BrowserThere, trusted: Connection
) -> None:
    page = sign_in_elsewhere(client, there, amr="pwd,mfa")
    page = page.walker.get(f"{LIST}/{trusted.public_id}/unlink")
    assert page.heading == "Use your own password"


def test_provider_of_another_person_is_not_found(
    app: Flask, grace: Person, trusted: Connection
) -> None:
    other = make_person("hal@elsewhere.example", "Hal", "Dean")
    walker = sign_in(app.test_client(), other, "/account").walker
    assert walker.get(f"{LIST}/{trusted.public_id}/unlink").status == 404


def test_40_unlinkings_at_once_are_recorded_once(app: Flask, walker: Walker) -> None:
    page = to_the_question(walker)
    form = page.form("").values
    walkers = [Walker(copied(walker.client)) for _ in range(THREADS)]
    statuses = race(app, lambda n: walkers[n].post(page.address, form).status)
    assert set(statuses) <= {200, 404}
    assert len(world.audited("upstream.identity_unlinked")) == 1


def test_approver_sees_the_sign_in_of_their_own_organisation_only(
    app: Flask, grace: Person, melfield: Organisation, elm: Organisation
) -> None:
    at_elm = world.member(elm, GRACE)
    at_melfield = db.session.scalars(
        select(Membership).where(Membership.organisation_id == melfield.id)
    ).one()
    texts = []
    for where, member in ((melfield, at_melfield), (elm, at_elm)):
        approver = world.member(where, f"heather@{where.public_id}.example", approver=True)
        page = world.browser(app, approver).get(world.path(where, "users", member.public_id))
        texts.append(page.text)
    assert "Signs in at Melfield account" in texts[0]
    assert "Signs in at" not in texts[1]


def test_operator_sees_the_sign_ins_of_a_person(app: Flask, grace: Person) -> None:
    page = world.browser(app, world.operator()).get(f"/ops/people/{grace.subject}")
    assert "Signs in at Melfield account since" in page.text
