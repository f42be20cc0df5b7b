"""Several organisations in several tabs: a change acts on the organisation of its own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule

from app.audit import AuditEvent
from app.database import db
from app.web.authorisation import rule_of
from approvals.memberships.access import approver_of
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.sessions.step_up import FreshSignIn
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from tests.identity.walking import Page, Walker
from tests.symbols import Code, Symbol

OF_THE_SESSION = {
    Symbol("approvals.workspace.present", "workspace"),
    Symbol("approvals.workspace.present", "landing"),
    Symbol("flask", "session"),
}
"""Names by which a function learns which organisation the browser showed last."""


def posting_routes(app: Flask) -> list[Rule]:
    """Return the routes by which approvers change something."""
    found = []
    for rule in app.url_map.iter_rules():
        permitted = rule_of(app, rule.endpoint)
        if isinstance(permitted, FreshSignIn):
            permitted = permitted.rule
        if permitted is approver_of and "POST" in (rule.methods or ()):
            found.append(rule)
    return found


def test_posting_routes_of_approvers_name_the_organisation(app: Flask) -> None:
    routes = posting_routes(app)
    assert len(routes) > 20
    assert [rule.rule for rule in routes if "organisation" not in rule.arguments] == []


def test_posting_views_of_approvers_read_no_organisation_of_the_session(app: Flask) -> None:
    code = Code()
    reaching = code.reaching(OF_THE_SESSION)
    views = {
        Symbol(view.__module__, view.__name__)
        for rule in posting_routes(app)
        for view in [app.view_functions[rule.endpoint]]
    }
    assert views <= {symbol for symbol, _ in code.symbols()}
    assert {str(symbol): str(reaching[symbol]) for symbol in views & reaching.keys()} == {}
    # Views that may ask for the last organisation are found: the test would see another one.
    assert Symbol("approvals.home.views", "start") in reaching


def remove(walker: Walker, where: Organisation, person: Membership) -> Page:
    return walker.get(path(where, "users", person.public_id, "remove"))


def suspend(walker: Walker, where: Organisation, person: Membership) -> Page:
    return walker.get(path(where, "users", person.public_id, "suspend"))


def make_approver(walker: Walker, where: Organisation, person: Membership) -> Page:
    return walker.get(path(where, "users", person.public_id, "approver", "make"))


def change_access(walker: Walker, where: Organisation, person: Membership) -> Page:
    page = walker.get(path(where, "users", person.public_id, "access", SERVICE))
    return page.submit(groups="School_Named")


Open = Callable[[Walker, Organisation, Membership], Page]


@pytest.mark.parametrize(
    ("open_page", "values"),
    [
        (remove, {}),
        (suspend, {"reason": "On leave"}),
        (make_approver, {}),
        (change_access, {}),
    ],
)
def test_ID_change_acts_on_its_own_organisation_after_another_tab_was_opened(
    app: Flask, open_page: Open, values: dict[str, Any]
) -> None:
    here, there = world.school(), world.school("Brook School", "100002")
    ann = world.member(here, "ann@people.example", approver=True)
    world.member(there, "ann@people.example", approver=True)
    bob = world.member(here, "bob@people.example", "School_Anon")
    same = world.member(there, "bob@people.example", "School_Anon")
    walker = browser(app, ann)
    page = open_page(walker, here, bob)
    assert page.status == 200, page.text
    other = walker.get(path(there))
    assert "Brook School" in other.text
    before = rows(there)
    done = page.submit(**values)
    assert done.status == 200
    assert path(here) in done.address
    assert rows(there) == before
    assert state_of(bob) != state_of(same)


def rows(where: Organisation) -> int:
    """Return how many audit rows the organisation has."""
    db.session.rollback()
    return (
        db.session.scalar(
            select(func.count(AuditEvent.id)).where(AuditEvent.organisation == where.public_id)
        )
        or 0
    )


def state_of(person: Membership) -> tuple[object, ...]:
    return (
        person.valid_to is None,
        person.suspended_at is None,
        world.approves(person),
        world.held(person),
    )
