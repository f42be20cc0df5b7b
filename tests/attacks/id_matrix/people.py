"""Organisations, people in every relation to them, and a handle of each kind in each of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from approvals.memberships.actions import remove_member, stop_approver, suspend_member
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind as OrganisationKind
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from tests.approvals import world
from tests.approvals.world import SERVICE
from tests.attacks.id_matrix.handles import DOMAIN, GROUP, handles_in, personal_handles, proposal_of
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import PASSWORD, make_person
from tests.identity.walking import Page, Walker


class Relation(enum.Enum):
    """The relation of a person to an organisation, as far as its pages are concerned."""

    NONE = enum.auto()
    MEMBER = enum.auto()
    """Belongs to it, and is no approver who can act."""
    PARENT = enum.auto()
    """Approver of a body that is a parent of it now."""
    APPROVER = enum.auto()


@dataclass(frozen=True)
class Role:
    """One kind of visitor, with a browser.

    relations: to the places of `World.places`; NONE to those that are left out. A role without any
    visits its own organisation's pages only. owns_personal:
    whether the things of `World.personal["mine"]` are theirs. suspended: in the organisations.
    """

    client: FlaskClient
    relations: Mapping[str, Relation] = field(default_factory=dict)
    signed_in: bool = True
    half_signed_in: bool = False
    operator: bool = False
    owns_personal: bool = False
    suspended: bool = False
    has_services_token: bool = False


@dataclass
class World:
    """places: organisations by name. handles: by place, values for the arguments of routes.

    personal: by owner (`mine`, `another's`), handles of what belongs to one person.
    """

    places: dict[str, Organisation]
    roles: dict[str, Role]
    handles: dict[str, dict[str, str]]
    personal: dict[str, dict[str, str]]
    half_journey: str


def build(app: Flask) -> World:
    """Return a school in a trust, another school, a closed school and the trust, with people."""
    trust = _trust("Elm Trust", "9001")
    former_trust = _trust("Oak Trust", "9002")
    here = world.school("Ashfield School", "100001", type_code="34", trust=trust)
    there = world.school("Brook School", "100002", type_code="34", trust=former_trust)
    child = world.school("Cedar School", "100003", type_code="34", trust=trust)
    ended = world.school("Dale School", "100004")
    places = {"own": here, "other": there, "ended": ended, "parent": trust}

    ann = world.member(here, "ann@here.example", GROUP, approver=True, given_name="Ann")
    lou = world.member(there, "lou@there.example", GROUP, approver=True, given_name="Lou")
    eve = world.member(ended, "eve@ended.example", GROUP, approver=True, given_name="Eve")
    tom = world.member(trust, "tom@trust.example", "MAT_Named", approver=True, given_name="Tom")
    tim = world.member(former_trust, "tim@oak.example", approver=True, given_name="Tim")
    mia = world.member(here, "mia@here.example", GROUP, given_name="Mia")
    moe = world.member(there, "moe@there.example", GROUP, given_name="Moe")
    sue = world.member(here, "sue@here.example", GROUP, approver=True, given_name="Sue")
    fay = world.member(here, "fay@here.example", GROUP, approver=True, given_name="Fay")
    rob = world.member(here, "rob@here.example", approver=True, given_name="Rob")
    sid = world.account("sid@nowhere.example", "Sid", "Suspended")
    nina = world.account("nina@nowhere.example", "Nina", "Newcomer")
    olive = world.operator()
    half = make_person("hal@here.example", "Hal", "Half")
    world.member(here, half.email, approver=True)

    handles = {
        "own": handles_in(here, ann),
        "other": handles_in(there, lou),
        "ended": handles_in(ended, eve),
        "parent": handles_in(trust, tom),
    }
    handles["parent"].update(proposal_of(child, world.who(tom)))
    world.close(ended)
    world.leave_trust(there, now().date() - timedelta(days=1))
    stop_approver(fay, actor=world.COMMAND)
    suspend_member(sue, reason="On long leave", actor=world.COMMAND)
    service = register(client_name="Timetables", service=SERVICE, scope="remits:read")
    client = service["client_id"]
    personal = {
        "mine": personal_handles(world.who(mia), client),
        "another's": personal_handles(world.who(moe), client),
    }

    half_page = _half_signed_in(app, half.email)

    def signed_in(person: Account | Membership) -> FlaskClient:
        return world.browser(app, person).client

    roles = {
        "stranger": Role(app.test_client(), signed_in=False),
        "half signed in": Role(half_page.walker.client, signed_in=False, half_signed_in=True),
        "suspended account": Role(signed_in(sid), signed_in=False),
        "newcomer": Role(signed_in(nina)),
        "member": Role(signed_in(mia), {"own": Relation.MEMBER}, owns_personal=True),
        "suspended member": Role(signed_in(sue), {"own": Relation.MEMBER}, suspended=True),
        "former approver": Role(signed_in(fay), {"own": Relation.MEMBER}),
        "removed approver": Role(signed_in(rob)),
        "approver": Role(signed_in(ann), {"own": Relation.APPROVER}),
        "sole approver": Role(signed_in(lou), {"other": Relation.APPROVER}),
        "approver of an ended organisation": Role(signed_in(eve), {"ended": Relation.APPROVER}),
        "parent body's approver": Role(
            signed_in(tom), {"own": Relation.PARENT, "parent": Relation.APPROVER}
        ),
        "former parent's approver": Role(signed_in(tim), {"other": Relation.NONE}),
        "operator": Role(signed_in(olive), operator=True),
        "service client": Role(
            _with_services_token(app, service), signed_in=False, has_services_token=True
        ),
    }
    remove_member(rob, actor=world.COMMAND)
    # The session of a person who was removed has ended: they sign in again.
    roles["removed approver"] = Role(signed_in(rob))
    with writing():
        sid.suspended_at = now()
    handles["own"]["appointment"] = proposal_of(here, olive)["proposal"]
    handles["own"] |= {
        "connection": personal["mine"]["connection"],
        "version": personal["mine"]["version"],
        "client": client,
        "domain": DOMAIN,
    }
    return World(places, roles, handles, personal, half_page.address.partition("journey=")[2])


def _trust(name: str, uid: str) -> Organisation:
    return world.organisation(name, kind=OrganisationKind.MULTI_ACADEMY_TRUST, uid=uid)


def _with_services_token(app: Flask, registration: Mapping[str, object]) -> FlaskClient:
    """Return a client that shows the service's own access token at every route."""
    signing_keys.ready()
    response = RelyingParty(app.test_client(), registration).credentials(scope="remits:read")
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {response.get_json()['access_token']}"
    return client


def _half_signed_in(app: Flask, email: str) -> Page:
    page = Walker(app.test_client()).get("/sign-in?next=/account")
    page = page.submit(email=email, password=PASSWORD)
    assert page.heading == "Enter the 6-digit code"
    return page
