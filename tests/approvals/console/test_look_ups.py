"""Operators' look-ups: each page and command that shows people leaves an audit row."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.database import db
from approvals.access_requests import actions
from approvals.access_requests.facts import AskedFor
from approvals.account_joining import actions as joinings
from approvals.account_joining.facts import begun_in
from approvals.organisations.models import Organisation
from approvals.terms import defaults
from approvals.terms.models import TermsVersion
from identity.oidc.client_administration import actions as clients
from tests.approvals import world
from tests.approvals.memberships.test_lists import counted
from tests.approvals.world import browser
from tests.identity.walking import Walker

BOB = "bob@ashfield.example"
NOT_ABOUT_PEOPLE = {
    "/ops",
    "/ops/organisations",
    "/ops/organisations-at-risk",
    "/ops/organisations/<organisation>/approvers/new",
    "/ops/organisations/<organisation>/approvers/new/<journey>",
    "/ops/organisations/<organisation>/approvers/new/<journey>/done",
    "/ops/clients",
    "/ops/clients/<client_id>",
    "/ops/clients/<client_id>/check",
    "/ops/clients/<client_id>/disable",
    "/ops/clients/<client_id>/enable",
    "/ops/clients/<client_id>/secret",
    "/ops/clients/answers/<form_id>",
    "/ops/clients/new",
    "/ops/reports",
    "/ops/reports/user-groups",
    "/ops/reports/user-groups.svg",
    "/ops/sign-ins",
    "/ops/sign-ins/new",
    "/ops/sign-ins/<connection>",
    "/ops/sign-ins/<connection>/change",
    "/ops/sign-ins/<connection>/check",
    "/ops/sign-ins/<connection>/switch-off",
    "/ops/sign-ins/<connection>/switch-on",
    "/ops/sign-ins/<connection>/domains",
    "/ops/sign-ins/<connection>/domains/<domain>/prove",
    "/ops/sign-ins/<connection>/domains/<domain>/remove",
    "/ops/terms",
    "/ops/terms/<version>/text",
}
"""Pages that show nobody, or only what the operator has just entered themselves."""
CLIENT = {
    "client_name": "Rates",
    "redirect_uris": ["https://rates.example/cb"],
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": "openid",
}


@pytest.fixture
def school(app: Flask) -> Organisation:
    return world.school()


@pytest.fixture
def olive(app: Flask) -> Walker:
    return browser(app, world.operator())


def rows() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def _proved_joining() -> str:
    """Return the id of a request to join two accounts, both of which are proved."""
    kept, other = world.account("ada@home.example"), world.account("ada@elm.example")
    joinings.begin(kept.id, "b" * 64)
    begun = begun_in("b" * 64, other.id)
    assert begun is not None
    joinings.prove_other(begun.public_id, other.id, "b" * 64)
    return begun.public_id


def test_operators_pages_about_people_all_leave_an_audit_row(
    app: Flask, school: Organisation, olive: Walker
) -> None:
    bob = world.member(school, "bob@ashfield.example", approver=True)
    invited = world.invited(school, "cy@ashfield.example", approver=True)
    defaults.publish_first()
    assert olive.get("/ops").submit(button="accept").heading == "Operators"
    page = olive.get(f"/ops/organisations/{school.public_id}/approvers/new")
    page = page.submit(email="ann@ashfield.example", given_name="Ann", family_name="Dean")
    arguments = {
        "organisation": school.public_id,
        "person": world.who(bob).subject,
        "member": invited.public_id,
        "journey": page.address.split("/")[-2],
        "client_id": clients.register(CLIENT, grant_types=("authorization_code",))["client_id"],
        "version": db.session.scalars(select(TermsVersion.public_id)).first() or "",
        "form_id": "none",
        "connection": "none",
        "domain": "none",
        "joining": _proved_joining(),
        "request_id": actions.file_request(
            world.account("nina@home.example"),
            school,
            AskedFor(world.SERVICE, "School_Anon"),
            reason="I work there",
        ).public_id,
    }
    silent = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/ops") or "GET" not in (rule.methods or ()):
            continue
        before = rows()
        address = re.sub(r"<(\w+)>", lambda found: arguments[found[1]], rule.rule)
        found = olive.get(f"{address}?q=bob&as_of=2026-01-01")
        assert found.status == 200 or rule.rule in NOT_ABOUT_PEOPLE, found.text
        if rows() == before:
            silent.add(rule.rule)
    assert silent - NOT_ABOUT_PEOPLE == set()


def test_audit_page_records_its_search(olive: Walker) -> None:
    olive.get("/ops/audit?q=tulip&kind=membership.")
    (row,) = world.audited("console.audit_read")
    assert (row.detail["what"], row.detail["of_kind"]) == ("tulip", "membership.")


def test_organisation_page_records_the_look_up(olive: Walker, school: Organisation) -> None:
    olive.get(f"/ops/organisations/{school.public_id}")
    assert [row.organisation for row in world.audited("console.organisation_read")] == [
        school.public_id
    ]


def test_export_is_recorded(olive: Walker, school: Organisation) -> None:
    for file in ("csv", "json"):
        olive.get(f"/ops/reports/user-groups.{file}?as_of=2026-01-01")
    assert [row.detail["file"] for row in world.audited("report.exported")] == ["csv", "json"]


@pytest.mark.parametrize(
    ("words", "event"),
    [
        (["operators", "list"], "console.operators_listed"),
        (
            ["access", "explain", BOB, "--service", world.SERVICE],
            "access.explained",
        ),
    ],
)
def test_command_that_shows_people_is_recorded(
    app: Flask, school: Organisation, words: list[str], event: str
) -> None:
    world.member(school, "bob@ashfield.example")
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    db.session.rollback()
    assert len(world.audited(event)) == 1


def test_organisations_page_shows_similar_names_where_none_matches(
    school: Organisation, olive: Walker
) -> None:
    page = olive.get("/ops/organisations?q=ashfeild")
    assert "No organisation matches “ashfeild” exactly. These are similar." in page.text
    assert page.link("Ashfield School").endswith(school.public_id)
    assert "similar" not in olive.get("/ops/organisations?q=ashfield").text
    assert "No organisation matches “zz”." in olive.get("/ops/organisations?q=zz").text


@pytest.mark.parametrize(
    "search", ["o'neil", "ONEIL", "zoe", "zoe o’neil", "neil", "z.oneil@ashfield.example", "oneal"]
)
def test_people_page_finds_a_name_however_it_is_typed(
    school: Organisation, olive: Walker, search: str
) -> None:
    world.member(school, "z.oneil@ashfield.example", given_name="Zoë", family_name="O’Neil")
    page = olive.get(f"/ops/people?q={search}")
    assert "Zoë O’Neil" in page.text
    assert ("These are similar" in page.text) is (search == "oneal")


def test_people_page_finds_a_person_without_a_membership_and_nobody_twice(
    school: Organisation, olive: Walker
) -> None:
    world.account("nina@home.example")
    for organisation in (school, world.organisation("Brook School", urn="100002")):
        world.member(organisation, BOB)
    assert "nina@home.example" in olive.get("/ops/people?q=nina").text
    assert olive.get("/ops/people?q=bob").html.count(BOB) == 1


def _add_people(school: Organisation, number: int) -> None:
    """Add a person with two accounts that wait to be joined, an approver and an operator."""
    kept, other = (world.account(f"ada{number}@{domain}.example") for domain in ("ashfield", "elm"))
    joinings.begin(kept.id, str(number))
    begun = begun_in(str(number), other.id)
    assert begun is not None
    joinings.prove_other(begun.public_id, other.id, str(number))
    world.member(school, f"ann{number}@ashfield.example", approver=True)
    world.operator(f"otto{number}@operators.example")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "address", ["/ops/people?q=byron", "/ops/operators", "/ops/joinings", "/ops/organisations/{}"]
)
def test_list_for_operators_takes_the_same_statements_for_any_number(
    school: Organisation, olive: Walker, address: str
) -> None:
    address, counts = address.format(school.public_id), []
    for numbers in (range(1), range(1, 5)):
        for number in numbers:
            _add_people(school, number)
        with counted() as run:
            olive.get(address)
        counts.append(len(run))
    assert counts[0] == counts[1]
