"""Lists, persons of two organisations, and forms of former approvers (group ID).

The answers of each route to each role are in `test_id_matrix`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.database import db
from approvals.memberships import journeys
from approvals.memberships.actions import remove_member, stop_approver
from approvals.memberships.models import Appointment, Grant, Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path


@dataclass
class World:
    """Two organisations with the same in each, and people with every relation to the first."""

    here: Organisation
    there: Organisation
    arguments: dict[str, dict[str, str]] = field(default_factory=dict)
    people: dict[str, Account] = field(default_factory=dict)


@pytest.fixture
def two(app: Flask) -> World:
    here, there = world.school(), world.school("Brook School", "100002")
    made = World(here, there)
    for name, where in (("here", here), ("there", there)):
        approver = world.member(where, f"ann@{name}.example", approver=True, given_name="Ann")
        colleague = world.member(where, f"bob@{name}.example", "School_Anon", given_name="Bob")
        world.invited(where, f"ina@{name}.example", "School_Named", given_name="Ina")
        journey = journeys.begin(
            journeys.ADD_USER,
            where,
            world.who(approver).id,
            answers={"email": f"new@{name}.example"},
        )
        made.arguments[name] = {
            "organisation": where.public_id,
            "member": colleague.public_id,
            "journey": journey.public_id,
            "service": SERVICE,
        }
        made.people[f"approver {name}"] = world.who(approver)
        made.people[f"member {name}"] = world.who(colleague)
    former = world.member(here, "fay@here.example", approver=True)
    removed = world.member(here, "rob@here.example", approver=True)
    made.people["stopped approver"] = world.who(former)
    made.people["removed approver"] = world.who(removed)
    stop_approver(former, actor=world.COMMAND)
    remove_member(removed, actor=world.COMMAND)
    made.people["operator"] = world.operator()
    return made


def state() -> tuple[object, ...]:
    """All that an approver's page could change."""
    members = select(Membership.id, Membership.email, Membership.valid_to, Membership.ended_cause)
    invitations = select(Invitation.id, Invitation.token_hash, Invitation.state)
    counted = [select(func.count(table.id)) for table in (Membership, Grant, Appointment)]
    ended = select(func.count(Grant.id)).where(Grant.valid_to.is_not(None))
    stopped = select(func.count(Appointment.id)).where(Appointment.valid_to.is_not(None))
    return (
        db.session.execute(members.order_by(Membership.id)).all(),
        db.session.execute(invitations.order_by(Invitation.id)).all(),
        [db.session.scalar(count) for count in (*counted, ended, stopped)],
    )


def test_ID_07_journey_is_refused_on_the_page_of_another_person(app: Flask, two: World) -> None:
    walker = browser(app, two.people["approver here"])
    dee = world.member(two.here, "dee@here.example")
    page = walker.get(path(two.here, "users", two.arguments["here"]["member"], "access", SERVICE))
    page = page.submit(groups="School_Named")
    data = {"csrf_token": page.forms()[0].values["csrf_token"]}
    turned = page.address.replace(two.arguments["here"]["member"], dee.public_id)
    assert walker.client.post(turned, data=data).status_code == 404
    assert world.held(dee) == []


def test_ID_07_ids_in_the_body_are_ignored(app: Flask, two: World) -> None:
    walker = browser(app, two.people["approver here"])
    other = two.arguments["there"]
    page = walker.get(path(two.here, "users", two.arguments["here"]["member"], "remove"))
    page.submit(member=other["member"], organisation=other["organisation"], id="1")
    assert (
        db.session.scalar(
            select(Membership.valid_to).where(Membership.public_id == other["member"])
        )
        is None
    )


@pytest.mark.parametrize(
    "query",
    [
        "organisation={there}",
        "organisation[]={here}&organisation[]={there}",
        "org={there}&q=there.example",
        "q=Bob&sort=email;drop",
        "q=%25",
        "sort=valid_to&page=0",
        "page=-1",
        "page=999999999999999999999",
        "page=1%20or%201=1",
        "per_page=100000",
        "group=school_performance:School_Anon",
        "status=joined&status=invited",
    ],
)
def test_ID_03_13_lists_show_the_own_organisation_only(app: Flask, two: World, query: str) -> None:
    walker = browser(app, two.people["approver here"])
    query = query.format(here=two.here.public_id, there=two.there.public_id)
    for part in ("users", "invitations", "activity"):
        page = walker.get(f"{path(two.here, part)}?{query}")
        assert page.status == 200, page.address
        assert "Brook School" not in page.text
        assert "@there.example" not in page.html.replace("q=there.example", "").replace(
            'value="there.example"', ""
        )


def test_ID_04_activity_about_a_person_of_another_organisation_shows_nothing(
    app: Flask, two: World
) -> None:
    walker = browser(app, two.people["approver here"])
    there = two.arguments["there"]["member"]
    page = walker.get(f"{path(two.here, 'activity')}?person={there}")
    assert "Nothing matches" in page.text


def test_ID_05_approver_sees_only_the_part_of_a_person_in_their_organisation(
    app: Flask, two: World
) -> None:
    both = world.member(two.here, "bob@there.example", "School_Governor")
    walker = browser(app, two.people["approver here"])
    page = walker.get(path(two.here, "users", both.public_id))
    assert "School Governor" in page.text
    assert "School Anon" not in page.text
    assert "Brook" not in page.text
    walker.get(path(two.here, "users", both.public_id, "remove")).submit()
    elsewhere = db.session.scalars(
        select(Membership).where(Membership.public_id == two.arguments["there"]["member"])
    ).one()
    assert elsewhere.open
    assert world.held(elsewhere) == ["School_Anon"]


def test_ID_09_approver_of_a_school_is_no_approver_of_its_trust(app: Flask, two: World) -> None:
    trust = world.organisation("Ash Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="1700")
    world.member(trust, "tom@trust.example", approver=True)
    client = browser(app, two.people["approver here"]).client
    assert client.get(path(trust, "users")).status_code == 404


def test_ID_10_post_of_a_former_approver_changes_nothing(app: Flask, two: World) -> None:
    cal = world.member(two.here, "cal@here.example", approver=True)
    walker = browser(app, cal)
    page = walker.get(path(two.here, "users", two.arguments["here"]["member"], "remove"))
    stop_approver(cal, actor=world.COMMAND)
    before = state()
    assert page.submit().status == 404
    assert state() == before


def test_ID_11_foreign_and_missing_pages_are_answered_alike(app: Flask, two: World) -> None:
    walker = browser(app, two.people["approver here"])
    there = path(two.there, "users", two.arguments["there"]["member"])
    nowhere = "/o/01a20aed-0000-7000-8000-000000000000/users/01a20aed-0000-7000-8000-000000000001"
    known, unknown = walker.get(there), walker.get(nowhere)
    assert known.status == unknown.status == 404

    def without_reference(text: str) -> str:
        return re.sub(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}", "", text)

    assert without_reference(known.text) == without_reference(unknown.text)


def test_ID_14_returning_address_has_no_earlier_rights(app: Flask, two: World) -> None:
    gone = world.member(two.here, "gus@here.example", "School_Named", approver=True)
    remove_member(gone, actor=world.COMMAND)
    back = world.member(two.here, "gus@here.example")
    assert world.held(back) == []
    client = browser(app, back).client
    assert client.get(path(two.here, "users")).status_code == 404
