"""The cells of the matrix: role, route and place, the address, and the expected answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.attacks.id_matrix.people import Relation, Role, World
from tests.attacks.id_matrix.route_kinds import (
    ANYONE,
    APPROVER,
    DECIDER,
    HALF_SIGNED_IN,
    MEMBER,
    OPERATOR,
    PERSONS_TOKEN,
    ROUTES,
    SERVICES_TOKEN,
    SIGNED_IN,
    Kind,
)

SIGN_IN, HIDDEN, OPEN = "sign-in", "404", "open"
CONFIRM = "/sign-in/confirm-it-is-you"
PLACES = ("own", "other", "ended", "parent")
OF_A_PLACE = {APPROVER, MEMBER, DECIDER, SERVICES_TOKEN}

MEMBERS = {
    "console.invitation_resend": "invited",
    "memberships.approver_stop": "approver",
    "memberships.invitation_correct": "invited",
    "memberships.invitation_resend": "invited",
    "memberships.invitation_withdraw": "invited",
    "memberships.removed": "removed",
    "memberships.reopen": "suspended",
    "memberships.undo": "removed",
}
"""The person whom the page of a route is about, where that is no colleague who has joined."""
JOURNEYS = {
    "access_requests.check": "request journey",
    "console.appoint_again": "appointment",
    "console.appoint_check": "appointment",
    "console.appoint_done": "appointment",
    "memberships.access_again": "change",
    "memberships.access_check": "change",
    "memberships.propose_approver_again": "proposal",
    "memberships.propose_approver_check": "proposal",
    "memberships.propose_approver_done": "proposal",
}
"""The journey of a route, where it is not that of adding a user."""
HANDLES = {
    "client_id": "client",
    "connection": "connection",
    "decision": "decision",
    "device": "device",
    "domain": "domain",
    "key": "trust",
    "kind": "kind of remit",
    "organisation": "organisation",
    "person": "person",
    "public_id": "passkey",
    "request_id": "request",
    "school": "school",
    "service": "service",
    "shown": "codes",
    "sid": "session",
    "version": "version",
}
"""The handle that an argument of a route names."""
PERSONAL = {
    "connection",
    "device",
    "journey",
    "public_id",
    "request_id",
    "shown",
    "sid",
    "version",
}
"""Arguments of a signed-in person's pages that name something of one person."""
OF_A_PARENT = {
    "memberships.schools",
    "memberships.propose_approver",
    "memberships.propose_approver_again",
    "memberships.propose_approver_check",
    "memberships.propose_approver_done",
}
"""Pages of organisations that are parent bodies; others have none."""
NEVER_HERE = {
    "account_joining.decide": "404",
    "account_joining.refuse": "404",
    "clients.answer": "404",
    "credentials.codes": "404",
    "credentials.download_codes": "404",
    "credentials.saved_codes": "404",
    "oidc.choose_organisation": "400",
    "oidc.passkey_needed": "400",
    "own_account.confirm_email": "410",
}
"""Pages about a form just sent, a link just opened, or a joining of accounts: no role has one."""
WITHOUT_HANDLE = {"filename", "form_id", "joining", "token", "topic"}
"""Arguments that name files, topics of Help, forms of one session, the secret of a link, or a
joining of accounts, of which there is none here."""
QUERIES = {
    "access_requests.check": "?organisation={organisation}",
    "reports.user_groups_csv": "?as_of=2026-01-01",
    "reports.user_groups_json": "?as_of=2026-01-01",
    "reports.user_groups_picture": "?as_of=2026-01-01",
}
"""Parameters without which a page is not found."""


def handle_of(rule: Rule, argument: str) -> str:
    """Return the name of the handle that stands for an argument of the route."""
    if argument == "member":
        return MEMBERS.get(rule.endpoint, "colleague")
    if argument == "journey":
        return JOURNEYS.get(rule.endpoint, "addition")
    return HANDLES.get(argument, argument)


def address(app: Flask, rule: Rule, handles: Mapping[str, str]) -> str:
    """Return the address of the route about these handles."""
    values: dict[str, Any] = {
        name: handles.get(handle_of(rule, name), "x") for name in rule.arguments
    }
    if rule.endpoint == "remits.remit_by_key" and "key" not in rule.arguments:
        values["kind"] = "all"
    with app.test_request_context():
        found = app.url_for(rule.endpoint, **values)
    return found + QUERIES.get(rule.endpoint, "").format(**handles)


def routes(app: Flask, *kinds: Kind) -> list[Rule]:
    return sorted(
        (rule for rule in app.url_map.iter_rules() if ROUTES[rule.endpoint] in kinds),
        key=lambda rule: rule.rule,
    )


def writes(rule: Rule) -> bool:
    return "POST" in (rule.methods or set())


def reads(rule: Rule) -> bool:
    return "GET" in (rule.methods or set())


def expected(rule: Rule, role: Role, place: str) -> str:
    """Return the answer that the role gets of a route about a place, with handles that fit."""
    kind = ROUTES[rule.endpoint]
    if kind is HALF_SIGNED_IN:
        return OPEN if role.half_signed_in else SIGN_IN
    if kind in {PERSONS_TOKEN, SERVICES_TOKEN}:
        if not role.has_services_token:
            return "401"
        if kind is PERSONS_TOKEN or "key" not in rule.arguments:
            return "403"
        return OPEN if place == "parent" else HIDDEN
    if not role.signed_in:
        return SIGN_IN
    if rule.endpoint in NEVER_HERE and (kind is SIGNED_IN or _allows(rule, role, place)):
        return NEVER_HERE[rule.endpoint]
    return OPEN if _allows(rule, role, place) else HIDDEN


def _allows(rule: Rule, role: Role, place: str) -> bool:
    relation = role.relations.get(place, Relation.NONE)
    allowed = {
        SIGNED_IN: role.owns_personal or not PERSONAL & rule.arguments,
        OPERATOR: role.operator,
        MEMBER: relation in {Relation.MEMBER, Relation.APPROVER}
        and (rule.endpoint != "home.schools" or (place != "ended" and not role.suspended)),
        APPROVER: relation is Relation.APPROVER
        and (place == "parent" or rule.endpoint not in OF_A_PARENT),
        DECIDER: role.operator or relation in {Relation.PARENT, Relation.APPROVER},
    }
    return allowed[ROUTES[rule.endpoint]]


def answer(response: TestResponse) -> str:
    """Return the kind of answer, for comparison with `expected`."""
    response.get_data()
    response.close()
    location = urlsplit(response.headers.get("Location", "")).path
    confirms = location == CONFIRM and urlsplit(response.request.path).path != CONFIRM
    if location in {"/sign-in", "/session-ended"} or confirms:
        return SIGN_IN
    return OPEN if response.status_code in {200, 302, 303} else str(response.status_code)


def cells(app: Flask, world: World) -> Iterator[tuple[str, Role, Rule, str, str]]:
    """Return name and role, route, place and address of every cell of the matrix."""
    for rule in routes(app, *(set(Kind) - {ANYONE})):
        kind = ROUTES[rule.endpoint]
        for place in PLACES if kind in OF_A_PLACE else PLACES[:1]:
            handles = world.personal["mine"] if kind is SIGNED_IN else world.handles[place]
            target = address(app, rule, handles)
            if kind is HALF_SIGNED_IN:
                target += f"?journey={world.half_journey}"
            for name, role in world.roles.items():
                if place == "own" or role.relations or role.has_services_token:
                    yield name, role, rule, place, target


def exchanged(rule: Rule, world: World) -> Iterator[tuple[dict[str, str], str]]:
    """Return the handles of the route with one exchanged in each, and a description."""
    if ROUTES[rule.endpoint] is SIGNED_IN:
        mine, others, arguments = (
            world.personal["mine"],
            world.personal["another's"],
            rule.arguments & PERSONAL,
        )
    else:
        mine, others = world.handles["own"], world.handles["other"]
        arguments = rule.arguments - {"organisation", "service", "school"}
    for argument in arguments:
        slot = handle_of(rule, argument)
        if slot in others:
            yield {**mine, slot: others[slot]}, f"{slot} of another"
        for kind in sorted(OTHER_KINDS & mine.keys() - SAME_SLOT.get(slot, {slot})):
            yield {**mine, slot: mine[kind]}, f"{kind} as {slot}"


OTHER_KINDS = {"addition", "colleague", "organisation", "request", "session"}
PEOPLE = {"colleague", "approver", "invited", "removed", "suspended"}
SAME_SLOT = dict.fromkeys(PEOPLE, PEOPLE)
"""Memberships in different states, each of which may stand in the address of a page."""
