"""Access that waits for a second approver: on the home page, in its list, and for operators."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now, today
from app.database import db, writing
from approvals.access_model.models import ServiceVersion
from approvals.memberships import waiting_lists
from approvals.memberships.actions import agree_to_access, change_user_group, remove_member
from approvals.memberships.models import Membership
from approvals.memberships.waiting_access import waiting_access
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.sent import statements

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def department() -> Organisation:
    world.school()
    return db.session.scalars(
        select(Organisation).where(Organisation.name == "Department for Education")
    ).one()


def give(where: Organisation, giver: Membership, email: str, name: str) -> Membership:
    person = world.member(where, email, given_name=name)
    change_user_group(
        person,
        service=SERVICE,
        user_groups=["DfE_Named"],
        last_day=today() + timedelta(days=300),
        actor=world.acting(giver),
    )
    return person


def mark(code: str) -> None:
    """The service's file marks the user group as one that needs two people."""
    with writing() as session:
        version = session.scalars(select(ServiceVersion)).one()
        present = version.definition["user_groups"]
        assert isinstance(present, list)
        groups = [{**group, "second_approver": group["code"] == code} for group in present]
        version.definition = {**version.definition, "user_groups": groups}
        version.sha256 = "0" * 64


def for_operators() -> list[str]:
    return [each.waiting.membership.name for each in waiting_lists.waiting_for_operators(now())]


def test_home_page_shows_what_waits_to_the_giver_and_to_the_second_approver(
    app: Flask, department: Organisation
) -> None:
    ann = world.member(department, "ann@dfe.example", approver=True, given_name="Ann")
    pat = world.member(department, "pat@dfe.example", approver=True, given_name="Pat")
    bob = give(department, ann, "bob@dfe.example", "Bob")
    for reader in (ann, pat):
        page = browser(app, reader).get(path(department))
        assert "Waiting for a second approver 1" in page.text
        assert "Bob Byron DFE Named of School Performance, given by Ann Byron" in page.text
    page = browser(app, pat).get(page.link("See all that waits"))
    assert "1 person" in page.text
    assert "Bob Byron" in page.text
    (waiting,) = waiting_access(department, bob)
    agree_to_access(waiting.decision.public_id, world.who(pat))
    assert "Waiting for a second approver" not in browser(app, pat).get(path(department)).text
    assert "No access waits" in browser(app, pat).get(page.address).text


def test_count_on_the_home_page_is_the_length_of_the_list(
    app: Flask, department: Organisation
) -> None:
    ann = world.member(department, "ann@dfe.example", approver=True)
    people = [give(department, ann, f"p{each}@dfe.example", f"P{each}") for each in range(7)]
    remove_member(people[0], actor=world.acting(ann))
    page = waiting_lists.waiting_page(department, now(), page=1)
    _, count = waiting_lists.oldest_waiting(department, now(), 5)
    assert (count, page.total, len(page.rows)) == (6, 6, 6)
    assert "Waiting for a second approver 6" in browser(app, ann).get(path(department)).text


def test_operators_list_what_no_nearer_person_can_agree_to(
    app: Flask, department: Organisation
) -> None:
    ann = world.member(department, "ann@dfe.example", approver=True)
    olive = browser(app, world.operator())
    assert "No access waits for you." in olive.get("/ops/waiting-access").text
    give(department, ann, "bob@dfe.example", "Bob")
    page = olive.get(olive.get("/ops").link("Waiting for a second approver"))
    assert "Bob Byron" in page.text
    assert "Department for Education" in page.text
    assert "It starts when you agree." in olive.get(page.link("Look")).text
    pat = world.member(department, "pat@dfe.example", approver=True)
    assert for_operators() == []
    remove_member(pat, actor=world.COMMAND)
    assert for_operators() == ["Bob Byron"]


def test_receiver_who_approves_is_no_second_approver(department: Organisation) -> None:
    ann = world.member(department, "ann@dfe.example", approver=True)
    bob = world.member(department, "bob@dfe.example", approver=True, given_name="Bob")
    change_user_group(
        bob,
        service=SERVICE,
        user_groups=["DfE_Named"],
        last_day=today() + timedelta(days=300),
        actor=world.acting(ann),
    )
    assert for_operators() == ["Bob Byron"]


def test_approvers_of_the_parent_see_what_waits_where_nobody_can_agree(
    app: Flask,
) -> None:
    """A local authority: its maintained school has one approver, who gave the access."""
    authority = world.organisation("Elmshire", kind=Kind.LOCAL_AUTHORITY, la_code="777")
    school = world.school("Elm School", "990001", type_code="01", la_code="777")
    mark("School_Named")
    ann = world.member(school, "ann@elm.example", approver=True, given_name="Ann")
    tess = world.member(authority, "tess@elmshire.example", approver=True, given_name="Tess")
    bob = world.member(school, "bob@elm.example", given_name="Bob")
    change_user_group(bob, service=SERVICE, user_groups=["School_Named"], actor=world.acting(ann))
    page = browser(app, tess).get(path(authority))
    assert "Bob Byron School Named of School Performance, given by Ann Byron, Elm" in page.text
    page = browser(app, tess).get(page.link("See all that waits"))
    assert "Elm School" in page.text
    assert for_operators() == []
    world.member(school, "pat@elm.example", approver=True)
    assert "Waiting for a second approver" not in browser(app, tess).get(path(authority)).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_list_of_waiting_access_takes_the_same_statements_for_any_number(
    app: Flask, department: Organisation
) -> None:
    ann = world.member(department, "ann@dfe.example", approver=True)
    anns, counts = browser(app, ann), []
    for first, last in ((0, 1), (1, 12)):
        for each in range(first, last):
            give(department, ann, f"p{each}@dfe.example", f"P{each}")
        anns.get(path(department, "waiting-access"))
        with statements() as run:
            anns.get(path(department, "waiting-access"))
        counts.append(len(run))
    assert counts[0] == counts[1]
