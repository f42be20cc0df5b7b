"""A session that began at a provider opens the organisations of its connection only."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.database import db, writing
from approvals.memberships.models import Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import BEGINNING, END, Organisation, TrustLink
from identity.access_termination import end_access
from identity.upstream import connections
from identity.upstream.models import Connection, Identity
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, connect, facts, visit
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.peer import BrowserThere, Peer
from tests.approvals.federation.people import GRACE, linked, sessions, sign_in_elsewhere
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import Person, make_person
from tests.identity.walking import Page, Walker

OWN = "Use your own password"


@pytest.fixture
def grace(app: Flask, melfield: Organisation, elm: Organisation, trusted: Connection) -> Person:
    """Grace approves in both schools, has own factors and a linked identity."""
    person = make_person(GRACE)
    for where in (melfield, elm):
        world.join(world.invited(where, GRACE, "School_Anon", approver=True))
    linked(person.account, trusted)
    return person


@pytest.fixture
def walker(client: FlaskClient, grace: Person, there: BrowserThere) -> Walker:
    """Grace's browser, signed in at the provider."""
    return sign_in_elsewhere(client, there, amr="pwd,mfa").walker


def with_own_factors(page: Page, grace: Person) -> Page:
    """Confirm with password and code."""
    page = page.walker.get(page.link("Continue with my password"))
    return page.submit("confirm-it-is-you", password=grace.password).submit(code=grace.code())


def test_limited_session_opens_the_pages_of_its_own_organisation(
    walker: Walker, melfield: Organisation
) -> None:
    assert walker.get(world.path(melfield, "users")).status == 200


def test_pages_of_another_organisation_ask_for_own_factors_and_then_open(
    walker: Walker, elm: Organisation, grace: Person
) -> None:
    page = walker.get(world.path(elm, "users"))
    assert page.heading == OWN
    page = with_own_factors(page, grace)
    assert page.address == world.path(elm, "users")
    assert page.status == 200
    (session,) = sessions()
    assert not session.is_limited
    assert session.amr == ("pwd", "otp", "mfa")


def test_operators_pages_ask_for_own_factors(
    walker: Walker, client: FlaskClient, grace: Person
) -> None:
    assert walker.get("/ops").status == 404
    make_operator(grace)
    assert walker.get("/ops").heading == OWN


def make_operator(person: Person) -> None:
    from app.clock import now
    from approvals.operators.models import Operator

    with writing() as session:
        session.add(
            Operator(
                account_id=person.account_id,
                email=person.email,
                email_key=person.email,
                appointed_by="test",
                valid_from=now(),
                joined_at=now(),
            )
        )


def test_own_activity_leaves_out_other_organisations_until_own_factors_are_shown(
    walker: Walker, grace: Person
) -> None:
    page = walker.get("/account/activity")
    assert "You joined Melfield Primary School" in page.text
    assert "You joined Elm School" not in page.text
    page = walker.get(page.link("Use your own password to see all activity"))
    page = with_own_factors(page, grace)
    assert page.address == "/account/activity"
    assert "You joined Elm School" in page.text


@pytest.mark.parametrize("path", ["/account/password", "/account/second-step/app"])
def test_pages_of_own_factors_ask_for_own_factors(walker: Walker, path: str) -> None:
    assert walker.get(path).heading == OWN


def test_service_of_another_organisation_asks_for_own_factors(
    app: Flask, client: FlaskClient, walker: Walker, elm: Organisation, grace: Person
) -> None:
    rp = service(app)
    page = choose(walker, rp, elm)
    assert page.heading == OWN
    assert "code=" in with_own_factors(page, grace).address


def test_service_of_own_organisation_opens(
    app: Flask, walker: Walker, melfield: Organisation
) -> None:
    assert "code=" in choose(walker, service(app), melfield).address


def test_silent_request_for_another_organisation_needs_a_sign_in(
    app: Flask, walker: Walker, elm: Organisation, grace: Person
) -> None:
    rp = service(app)
    leave_organisation(grace, "Melfield Primary School")
    response = walker.client.get(rp.request(prompt="none"))
    assert "error=login_required" in response.headers["Location"]


def test_client_without_organisation_asks_for_own_factors(app: Flask, walker: Walker) -> None:
    signing_keys.ready()
    rp = RelyingParty(app.test_client(), register())
    assert walker.get(rp.request()).heading == OWN


def test_trust_covers_its_schools_of_today(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    elm: Organisation,
    peer: Peer,
    name_server: NameServer,
    there: BrowserThere,
) -> None:
    trust = world.organisation("Melfield Trust", kind=Kind.MULTI_ACADEMY_TRUST, uid="5001")
    with writing() as session:
        session.add(
            TrustLink(
                organisation_id=melfield.id,
                trust_id=trust.id,
                valid_from=BEGINNING,
                valid_to=END,
                known_from=BEGINNING,
            )
        )
    connection = connect(app, trust, peer, name_server, amr_trusted=True)
    person = make_person(GRACE)
    for where in (melfield, elm):
        world.join(world.invited(where, GRACE, approver=True))
    linked(person.account, connection)
    walker = sign_in_elsewhere(client, there, amr="pwd,mfa").walker
    assert walker.get(world.path(melfield, "users")).status == 200
    assert walker.get(world.path(elm, "users")).heading == OWN


def test_confirmation_at_the_provider_renews_the_limited_session(
    client: FlaskClient,
    walker: Walker,
    melfield: Organisation,
    there: BrowserThere,
    grace: Person,
) -> None:
    bob = world.member(melfield, f"bob@{DOMAIN}", given_name="Bob")
    with writing():
        sessions()[0].auth_time = sessions()[0].auth_time.replace(year=2020)
    page = walker.get(world.path(melfield, "users", bob.public_id, "remove")).submit()
    assert page.heading == "Confirm it is you"
    page = visit(
        walker.get(page.link("Confirm with Melfield account")), there, "grace", amr="pwd,mfa"
    )
    assert "removed" in page.address, page.text
    (session,) = sessions()
    assert session.is_limited
    assert not db.session.get_one(Membership, bob.id, populate_existing=True).open


def test_confirmation_by_another_identity_is_refused(
    walker: Walker, melfield: Organisation, trusted: Connection, there: BrowserThere
) -> None:
    linked(world.who(world.member(melfield, f"bob@{DOMAIN}")), trusted, "bob")
    page = walker.get("/sign-in/confirm-it-is-you?next=/services")
    there.client.cookies.clear()
    page = visit(
        walker.get(page.link("Confirm with Melfield account")), there, "bob", amr="pwd,mfa"
    )
    assert page.status == 400


def test_removal_from_the_organisation_ends_the_limited_session_of_a_last_membership(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    from approvals.memberships.actions import remove_member

    membership = world.member(melfield, GRACE)
    world.member(melfield, f"hedy@{DOMAIN}", approver=True)
    linked(world.who(membership), trusted)
    sign_in_elsewhere(client, there, amr="pwd,mfa")
    remove_member(membership, actor=world.COMMAND)
    assert not sessions()
    page = sign_in_elsewhere(client, there, amr="pwd,mfa")
    assert (page.status, page.heading) == (200, "My services")
    assert page.walker.get(world.path(melfield, "users")).status == 404


def test_identity_of_the_last_days_goes_with_this_was_not_me(
    grace: Person, trusted: Connection
) -> None:
    with writing():
        end_access(grace.account_id, cause="not me")
    assert db.session.query(Identity).count() == 0


def test_switched_off_connection_ends_sessions_and_suspends_memberships(
    app: Flask,
    walker: Walker,
    melfield: Organisation,
    elm: Organisation,
    trusted: Connection,
    grace: Person,
) -> None:
    head = world.member(melfield, "hedy@other.example", given_name="Head", approver=True)
    assert connections.switch_off(trusted) == 1
    assert not sessions()
    own = world.browser(app, grace.account)
    assert own.get(world.path(melfield, "users")).status == 404
    assert own.get(world.path(elm, "users")).status == 200
    assert [recipient for recipient, _ in world.mails("memberships/suspended")] == [head.email]
    page = own.get("/sign-in")
    assert world.audited("membership.suspended")[0].organisation == melfield.public_id
    assert page.status == 200


@pytest.mark.parametrize("change", ["switched off", "distrusted", "other organisations"])
def test_second_step_begins_no_session_after_the_connection_changed(
    client: FlaskClient,
    melfield: Organisation,
    elm: Organisation,
    trusted: Connection,
    grace: Person,
    there: BrowserThere,
    change: str,
) -> None:
    page = sign_in_elsewhere(client, there, amr="pwd")
    assert page.heading == "Enter the 6-digit code", page.text
    if change == "switched off":
        connections.switch_off(trusted, accepted=[melfield.public_id])
    else:
        where = elm if change == "other organisations" else melfield
        connections.change(
            trusted,
            facts(
                where,
                trusted.issuer,
                client_id=trusted.client_id,
                client_secret="",
                amr_trusted=change == "other organisations",
            ),
        )
    page = page.submit(code=grace.code())
    assert (page.status, page.heading) == (200, "Sign in")
    assert not sessions()


def test_decision_refuses_a_suspended_membership_until_an_approver_reopens_it(
    app: Flask, melfield: Organisation, trusted: Connection, grace: Person
) -> None:
    from app.clock import now
    from approvals.decision.decision import decide

    head = world.member(melfield, "hedy@other.example", given_name="Head", approver=True)
    before = now()
    connections.switch_off(trusted)
    refused = decide(grace.account, world.SERVICE, melfield, now())
    assert not refused.allowed
    assert [each.code for each in refused.reasons] == ["MembershipIsNotSuspended"]
    assert decide(grace.account, world.SERVICE, melfield, before).allowed
    page = world.browser(app, head).get(world.path(melfield, "users"))
    page = page.walker.get(page.link("Ada Byron"))
    page = page.walker.get(page.link("Restore access")).submit()
    assert "is restored" in page.text
    assert decide(grace.account, world.SERVICE, melfield, now()).allowed


def test_sole_suspended_approver_cannot_reopen_and_operators_are_told(
    app: Flask, melfield: Organisation, trusted: Connection, grace: Person
) -> None:
    olive = world.operator()
    connections.switch_off(trusted, accepted=[melfield.public_id])
    assert [recipient for recipient, _ in world.mails("memberships/suspended")] == [olive.email]
    own = world.browser(app, grace.account)
    member = next(
        each
        for each in db.session.query(Membership).filter_by(organisation_id=melfield.id)
        if each.account_id == grace.account_id
    )
    assert own.get(world.path(melfield, "users", member.public_id, "reopen")).status == 404


def service(app: Flask) -> RelyingParty:
    signing_keys.ready()
    registration = register(
        client_name="School Performance",
        service=world.SERVICE,
        scope="openid profile email organisation access",
    )
    return RelyingParty(app.test_client(), registration)


def choose(walker: Walker, rp: RelyingParty, where: Organisation) -> Page:
    page = walker.get(rp.request())
    if "organisation" in page.address:
        page = page.submit(organisation=where.public_id)
    return page


def leave_organisation(person: Person, name: str) -> None:
    from approvals.memberships.actions import remove_member

    for membership in db.session.query(Membership).filter_by(account_id=person.account_id):
        where = db.session.get_one(Organisation, membership.organisation_id)
        if where.name == name:
            world.member(where, "hedy@other.example", given_name="Head", approver=True)
            remove_member(membership, actor=world.COMMAND)
