"""Why a person can see what they see: pages of the approver, the person and the operator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now, today
from app.database import writing
from approvals.memberships.actions import remove_member
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.sessions.levels import ONE_FACTOR
from identity.sessions.models import Session
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.identity.oidc.relying_party import register

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def school() -> Organisation:
    return world.school()


@pytest.fixture
def ann(school: Organisation) -> Membership:
    return world.member(school, "ann@ash.example", approver=True, given_name="Ann")


def why(school: Organisation, person: Membership, query: str = "") -> str:
    return path(school, "users", person.public_id, "why", SERVICE) + query


def test_approver_reaches_the_reasons_from_the_person(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ash.example", "School_Named", given_name="Bob")
    walker = browser(app, ann)
    page = walker.get(path(school, "users", bob.public_id))
    page = walker.get(page.link("Why they can see this in School Performance"))
    assert page.heading == "Why Bob Byron can or cannot see School Performance"
    assert "Yes. School Performance at Ashfield School" in page.text
    page = walker.get(f"{page.address}?school=100001&as_of=")
    assert "School Named can see pupil names there." in page.text
    [row, _again] = world.audited("access.looked_up")
    assert (row.actor, row.subject) == (world.who(ann).subject, world.who(bob).subject)
    activity = walker.get(path(school, "activity")).text
    assert "Ann Byron looked up why Bob Byron can, or cannot, see School Performance." in activity
    own = browser(app, bob).get("/account/activity").text
    assert "Ann Byron looked up why you can, or cannot, see School Performance" in own


def test_approver_reads_the_refusing_rule_of_an_invited_person(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    ina = world.invited(school, "ina@ash.example", "School_Named")
    page = browser(app, ann).get(why(school, ina))
    assert "No. School Performance at Ashfield School" in page.text
    assert "The invitation to Ashfield School has not been accepted." in page.text
    assert "To change this: the person opens the link in the invitation." in page.text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("2999-01-01", "1 January 2999 is in the future"),
        ("2026-02-30", "Enter a real date"),
        ("2026-11-23T14:05Z", "is not a date such as 2026-11-23"),
        ("yesterday", "“yesterday” is not a date such as 2026-11-23"),
    ],
)
def test_day_that_cannot_be_used_is_refused_at_its_field(
    app: Flask, school: Organisation, ann: Membership, typed: str, message: str
) -> None:
    for address in (why(school, ann), f"/services/{SERVICE}/why/{school.public_id}"):
        page = browser(app, ann).get(f"{address}?as_of={typed}")
        assert page.title.startswith("Error: ")
        assert message in page.text


def test_approver_cannot_ask_about_days_before_the_person_belonged_here(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    brook = world.school("Brook School", "100002")
    world.member(brook, "bob@ash.example", "School_Named", given_name="Bob")
    bob = world.member(school, "bob@ash.example", given_name="Bob")
    walker = browser(app, ann)
    page = walker.get(why(school, bob, f"?as_of={today() - timedelta(days=1)}"))
    assert "Bob Byron was added to Ashfield School on " in page.text
    assert "Enter that day or a later one" in page.text
    with writing():
        bob.valid_from = now() - timedelta(days=2)
    page = walker.get(why(school, bob, f"?as_of={today() - timedelta(days=1)}"))
    assert not page.title.startswith("Error: ")
    assert "Brook" not in page.text


def test_ID_reasons_of_people_who_do_not_belong_here_are_not_found(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    brook = world.school("Brook School", "100002")
    bea = world.member(brook, "bea@brook.example", "School_Named")
    gone = world.member(school, "gus@ash.example", "School_Named")
    walker = browser(app, ann)
    assert walker.get(why(school, gone)).status == 200
    remove_member(gone, actor=world.COMMAND)
    unknown = walker.get(path(school, "users", "nobody", "why", SERVICE))
    for address in (why(school, bea), why(brook, bea), why(school, gone)):
        page = walker.get(address)
        assert (page.status, page.heading) == (404, unknown.heading)
    assert walker.get(path(school, "users", ann.public_id, "why", "unknown")).status == 404


def test_ID_reasons_are_not_found_by_approvers_of_a_parent_body(app: Flask) -> None:
    trust = world.organisation("Ash Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="1700")
    school = world.school("Elm School", "100001", trust=trust)
    person = world.member(school, "pat@elm.example", "School_Named")
    tess = browser(app, world.member(trust, "tess@ash.example", approver=True))
    assert tess.get(why(school, person)).status == 404
    world.leave_trust(school, today())
    assert tess.get(why(school, person)).status == 404
    assert tess.get(why(trust, person)).status == 404


def test_person_reads_their_own_reasons(app: Flask, school: Organisation, ann: Membership) -> None:
    bob = world.member(school, "bob@ash.example", "School_Anon", actor=world.acting(ann))
    walker = browser(app, bob)
    page = walker.get(f"/services/{SERVICE}")
    page = walker.get(page.link("Why you can see this for Ashfield School"))
    assert "you may enter" in page.text
    assert "Pupil names Cannot be seen" in page.text
    assert ", given by Ann Byron." in page.text
    page = browser(app, ann).get(f"/services/{SERVICE}")
    page = browser(app, ann).get(page.link("Why you cannot see this for Ashfield School"))
    assert "To change this: an approver of the organisation gives a user group" in page.text
    address = f"/services/{SERVICE}/why/{school.public_id}"
    assert browser(app, ann).get(address.replace(SERVICE, "unknown")).status == 404
    world.member(world.school("Brook School", "100002"), bob.email)
    remove_member(bob, actor=world.COMMAND)
    assert walker.get(address).status == 404


def test_person_reads_that_their_sign_in_is_too_weak(app: Flask, school: Organisation) -> None:
    bob = world.member(school, "bob@ash.example", "School_Anon")
    register(client_name="Results", service=SERVICE)
    walker = browser(app, bob)
    address = f"/services/{SERVICE}/why/{school.public_id}"
    assert "You signed in with less than that" not in walker.get(address).text
    with writing() as session:
        session.execute(update(Session).values(acr=ONE_FACTOR, amr_values=["pwd"]))
    page = walker.get(address)
    assert "Signing in Needs two factors, or a passkey." in page.text
    assert "You signed in with less than that." in page.text


def test_operator_reads_reasons_for_any_organisation_and_moment(
    app: Flask, school: Organisation, ann: Membership
) -> None:
    bob = world.member(school, "bob@ash.example", "School_Named", given_name="Bob")
    world.school("Brook School", "100002")
    remove_member(bob, actor=world.acting(ann))
    walker = browser(app, world.operator())
    person = f"/ops/people/{world.who(bob).subject}"
    page = walker.get(walker.get(person).link("Why they can or cannot see a service"))
    assert "No. School Performance at Ashfield School" in page.text
    assert ": removed from the organisation by Ann Byron." in page.text
    query = f"organisation=100002&service={SERVICE}&as_of=2020-06-01T09:00%2B01:00"
    page = walker.get(f"{person}/why?{query}")
    assert "No. School Performance at Brook School, 1 June 2020 at 9:00am" in page.text
    assert "There is no membership of Brook School." in page.text
    assert "Several organisations match" in walker.get(f"{person}/why?organisation=school").text
    assert "No organisation matches." in walker.get(f"{person}/why?organisation=nowhere").text
    assert "has no offset" in walker.get(f"{person}/why?as_of=2020-06-01T09:00").text
    assert walker.get(f"{person}/why?service={'x' * 300}").status == 404
    rows = world.audited("console.access_explained")
    assert {row.subject for row in rows} == {world.who(bob).subject}
    own = browser(app, ann).get(f"{person}/why")
    assert own.status == 404
