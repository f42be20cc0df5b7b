"""Every route as every role, about every organisation: groups ID and MF-05, SE-10.

`id_matrix.route_kinds` declares whom each route answers. The routes are those of the application,
so a new one fails until it is declared.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.web.authorisation import rule_of
from identity.sessions.step_up import FreshSignIn
from tests.approvals.world import audited
from tests.attacks.id_matrix.cells import (
    HANDLES,
    HIDDEN,
    NEVER_HERE,
    OPEN,
    WITHOUT_HANDLE,
    address,
    answer,
    cells,
    exchanged,
    expected,
    reads,
    routes,
    writes,
)
from tests.attacks.id_matrix.forms import (
    FIELDS,
    effective_forms,
    filled_forms,
    form_token,
    rows_by_table,
)
from tests.attacks.id_matrix.people import World, build
from tests.attacks.id_matrix.route_kinds import (
    ANYONE,
    APPROVER,
    DECIDER,
    HALF_SIGNED_IN,
    MEMBER,
    OPERATOR,
    ROUTES,
    SIGNED_IN,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The rules of routes run the same statements on both databases; tests of the rooms run on both."""

NAME_OF_RULE = {
    "anyone": ANYONE,
    "approver_of": APPROVER,
    "half_signed_in": HALF_SIGNED_IN,
    "member_of": MEMBER,
    "operator": OPERATOR,
    "person_of_waiting_access": DECIDER,
    "signed_in": SIGNED_IN,
}
"""Kind that a developer probably means, by the rule of the view. It only words the message."""


def faults_of_table(app: Flask) -> list[str]:
    """Return what to change in the table, as lines to add or to remove."""
    routes = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    faults = []
    for endpoint in sorted(routes.keys() - ROUTES.keys()):
        rule = rule_of(app, endpoint)
        rule = rule.rule if isinstance(rule, FreshSignIn) else rule
        kind = NAME_OF_RULE.get(getattr(rule, "__name__", ""))
        proposed = kind.name if kind is not None else "<one of Kind>"
        faults.append(
            f'add to ROUTES the line `    "{endpoint}": {proposed},` ({routes[endpoint]})'
        )
    gone = sorted(ROUTES.keys() - routes.keys())
    faults += [
        f'remove from ROUTES the line `    "{endpoint}": …`: no such route' for endpoint in gone
    ]
    if list(ROUTES) != sorted(ROUTES):
        faults.append("sort ROUTES by endpoint")
    return faults


@pytest.fixture
def world(app: Flask) -> World:
    return build(app)


def test_ID_12_every_route_is_declared(app: Flask) -> None:
    faults = faults_of_table(app)
    names = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    faults += [
        f"add the argument {name} to HANDLES or WITHOUT_HANDLE in cells.py beside it"
        for name in sorted(names - HANDLES.keys() - WITHOUT_HANDLE - {"member", "journey"})
    ]
    assert not faults, "\n".join(["tests/attacks/id_matrix/route_kinds.py:", *faults])


def test_ID_01_02_10_12_every_route_answers_every_role_as_declared(
    app: Flask, world: World
) -> None:
    """Pages are opened; where they are refused at the own organisation, their form is sent."""
    faults = []
    forms = filled_forms(app, world)
    tokens = {name: form_token(role.client) for name, role in world.roles.items()}
    before = rows_by_table()
    for name, role, rule, place, target in cells(app, world):
        wanted = expected(rule, role, place)
        # An operator's form about something that is not there is answered by a banner.
        refused = wanted != OPEN and not (role.operator and rule.endpoint in NEVER_HERE)
        sends = writes(rule) and refused and (place == "own" or not reads(rule))
        if sends:
            data = {**(forms.get((rule.endpoint, place)) or FIELDS), "csrf_token": tokens[name]}
            found = answer(role.client.post(target, data=data))
        elif reads(rule):
            found = answer(role.client.get(target))
        else:
            continue
        if found != wanted:
            method = "POST" if sends else "GET"
            faults.append(f"{method} {target} ({rule.endpoint}) as {name}: {found}, not {wanted}")
    assert not faults, "\n".join(faults)
    assert rows_by_table() == before, "a refused form changed something"
    assert audited("page.denied")
    # The forms are such that each would have done something.
    assert effective_forms(app, world, forms, tokens) > 20


def test_ID_04_07_handles_of_others_and_of_other_kinds_are_not_found(
    app: Flask, world: World
) -> None:
    """In the address of each route, one handle is exchanged: for another's, or for another kind."""
    faults = []
    owner = {APPROVER: "approver", MEMBER: "member", SIGNED_IN: "member"}
    tokens = {name: form_token(world.roles[name].client) for name in set(owner.values())}
    before = rows_by_table()
    for rule in routes(app, *owner):
        name = owner[ROUTES[rule.endpoint]]
        client = world.roles[name].client
        for handles, what in exchanged(rule, world):
            target = address(app, rule, handles)
            faults += [
                f"{target} ({rule.endpoint}) with {what} as {name}: {found}"
                for found in requests_to(client, rule, target, tokens[name])
                if found not in {HIDDEN, NEVER_HERE.get(rule.endpoint)}
            ]
    assert not faults, "\n".join(faults)
    assert rows_by_table() == before


def requests_to(client: FlaskClient, rule: Rule, target: str, token: str) -> Iterator[str]:
    if reads(rule):
        yield answer(client.get(target))
    if writes(rule):
        yield answer(client.post(target, data={**FIELDS, "csrf_token": token}))
