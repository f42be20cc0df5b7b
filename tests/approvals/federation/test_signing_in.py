"""People of a connected organisation join, sign in, and open that organisation only."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Invitation
from identity.credentials.webauthn_ceremonies import NOT_ACCEPTED
from identity.sessions.models import Session
from identity.sign_in.models import AttemptBucket
from identity.upstream import domains
from identity.upstream.models import Connection, Identity
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, connect, visit
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.peer import BrowserThere, Peer
from tests.approvals.federation.people import (
    GRACE,
    code_on,
    join,
    link_of,
    linked,
    sessions,
    sign_in_elsewhere,
)
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import options_on, sign_in_with
from tests.identity.oidc.listening import Listening
from tests.identity.people import PASSWORD, make_person
from tests.identity.people import sign_in as sign_in_here
from tests.identity.walking import Walker


def test_new_person_joins_with_trusted_provider_without_password(
    app: Flask, melfield: Organisation, trusted: Connection, there: BrowserThere
) -> None:
    world.invited(melfield, GRACE, "School_Anon")
    page = join(app, there, amr="pwd,mfa")
    session = db.session.scalars(select(Session)).one()
    assert session.account.email == GRACE
    assert session.amr == ("pwd", "mfa")
    assert session.acr == "urn:secure-access:aal2"
    assert session.organisations == [melfield.public_id]
    identity = db.session.scalars(select(Identity)).one()
    assert (identity.subject, identity.account_id) == ("grace", session.account_id)
    assert page.status == 200


def test_new_person_sets_up_second_step_where_provider_is_not_trusted(
    app: Flask, melfield: Organisation, untrusted: Connection, there: BrowserThere
) -> None:
    world.invited(melfield, GRACE, "School_Anon")
    page = join(app, there, amr="pwd,mfa")
    assert page.heading == "Create a passkey"
    page = page.walker.get(page.link("Use an authenticator app instead"))
    assert page.heading == "Set up your authenticator app"
    page = page.submit(code="000000")
    assert "not right" in page.text
    page = page.submit(code=code_on(page))
    assert page.heading == "Save your recovery codes"
    session = db.session.scalars(select(Session)).one()
    # The provider's own `amr` is not repeated.
    assert session.amr == ("otp", "mfa")
    assert session.acr == "urn:secure-access:aal2"


def test_new_person_creates_a_passkey_where_provider_is_not_trusted(
    app: Flask, melfield: Organisation, untrusted: Connection, there: BrowserThere
) -> None:
    world.invited(melfield, GRACE, "School_Anon")
    page, key = join(app, there, amr="pwd"), Authenticator()
    options = options_on(page)
    refused = page.submit(credential=Authenticator(verifies=False).create(options))
    assert NOT_ACCEPTED.sentence in refused.text
    assert NOT_ACCEPTED.sentence in refused.submit(credential=key.create(options)).text
    page = page.walker.get(page.address)
    page = page.submit(credential=key.create(options_on(page)))
    assert page.heading == "Save your recovery codes"
    session = db.session.scalars(select(Session)).one()
    assert session.amr == ("hwk", "user", "mfa")
    assert session.acr == "urn:secure-access:aal2-phishing-resistant"
    assert session.connection == untrusted.public_id
    assert sign_in_with(app.test_client(), key).heading == "Your account"


def test_linked_person_signs_in_at_trusted_provider_with_the_level_it_names(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    grace = linked(world.who(world.member(melfield, GRACE)), trusted)
    sign_in_elsewhere(client, there, amr="hwk,pin", acr="phr")
    session = db.session.scalars(select(Session)).one()
    assert session.account_id == grace.id
    assert session.amr == ("hwk", "pin", "mfa")
    assert session.acr == "urn:secure-access:aal2-phishing-resistant"
    assert session.connection == trusted.public_id


def test_linked_person_shows_second_step_here_where_trusted_provider_names_one_factor(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    grace = make_person(GRACE)
    world.join(world.invited(melfield, GRACE))
    linked(grace.account, trusted)
    page = sign_in_elsewhere(client, there, amr="pwd")
    assert page.address.startswith("/sign-in/code"), page.text
    assert not sessions()
    page.submit(code=grace.code())
    session = db.session.scalars(select(Session)).one()
    assert session.amr == ("pwd", "otp", "mfa")
    assert session.organisations == [melfield.public_id]


def test_trusted_provider_with_one_factor_signs_in_nobody_without_second_step(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    linked(world.who(world.member(melfield, GRACE)), trusted)
    page = sign_in_elsewhere(client, there, amr="pwd")
    assert (page.status, page.heading) == (403, "A second step is missing")
    assert not sessions()


def test_unknown_identity_is_told_whom_to_ask(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    world.member(melfield, GRACE, given_name="Hidden", approver=True)
    page = sign_in_elsewhere(client, there, amr="pwd,mfa")
    assert page.status == 403
    assert "Melfield Primary School" in page.text
    assert "Hidden" not in page.text
    assert not sessions()


@pytest.mark.parametrize("email", [GRACE, f"nobody@{DOMAIN}", f"SOMEBODY@{DOMAIN.upper()}"])
def test_LG_01_sign_in_page_answers_alike_for_every_address_of_a_proven_domain(
    app: Flask, client: FlaskClient, melfield: Organisation, trusted: Connection, email: str
) -> None:
    linked(world.who(world.member(melfield, GRACE)), trusted)
    page = Walker(client).get("/sign-in").submit("sign-in", button="organisation", email=email)
    assert page.heading == "Sign in with Melfield account"
    assert email.casefold() not in page.text.casefold()


def test_sign_in_button_explains_that_a_domain_has_no_provider(
    app: Flask, client: FlaskClient, trusted: Connection
) -> None:
    page = Walker(client).get("/sign-in")
    page = page.submit("sign-in", button="organisation", email="ada@school.example")
    assert "Enter the email address that your organisation gave you" in page.text
    assert page.form("sign-in").values["email"] == "ada@school.example"


def test_unproven_domain_leads_nowhere(
    app: Flask, client: FlaskClient, trusted: Connection
) -> None:
    domains.add(trusted, "unproven.example")
    page = Walker(client).get("/sign-in")
    page = page.submit("sign-in", button="organisation", email="ada@unproven.example")
    assert page.heading == "Sign in"


def test_sign_in_page_without_connection_offers_no_provider(
    client: FlaskClient, app: Flask
) -> None:
    assert "organisation" not in dict(Walker(client).get("/sign-in").form("sign-in").buttons)


def test_password_of_a_proven_domain_counts_where_passwords_are_allowed(
    app: Flask, client: FlaskClient, melfield: Organisation, trusted: Connection
) -> None:
    grace = make_person(GRACE)
    world.join(world.invited(melfield, GRACE))
    sign_in_here(client, grace)
    session = db.session.scalars(select(Session)).one()
    assert not session.is_limited


def test_empty_password_of_a_proven_domain_leads_to_its_provider(
    app: Flask, client: FlaskClient, trusted: Connection
) -> None:
    page = Walker(client).get("/sign-in").submit("sign-in", email=GRACE, password="")
    assert page.heading == "Sign in with Melfield account"


def test_password_is_neither_checked_nor_logged_where_passwords_are_forbidden(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    peer: Peer,
    name_server: NameServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(app, melfield, peer, name_server, own_factors_forbidden=True)
    make_person(GRACE)
    for password in (PASSWORD, "wrong horse battery"):
        page = Walker(client).get("/sign-in").submit("sign-in", email=GRACE, password=password)
        assert page.heading == "Sign in with Melfield account"
        assert password not in page.html
        assert password not in "".join(capsys.readouterr())
    assert not world.audited("sign_in.password_refused")
    assert db.session.scalars(select(AttemptBucket)).all() == []


def test_forgotten_password_only_explains_where_passwords_are_forbidden(
    app: Flask, client: FlaskClient, melfield: Organisation, peer: Peer, name_server: NameServer
) -> None:
    connect(app, melfield, peer, name_server, own_factors_forbidden=True)
    make_person(GRACE)
    page = Walker(client).get("/forgot-password").submit(email=GRACE)
    assert page.status == 200
    ((recipient, text),) = world.mails("credentials/reset_explained")
    assert recipient == GRACE
    assert "sign in with Melfield account" in text
    assert not world.mails("credentials/reset")


def test_existing_person_links_identity_after_accepting_an_invitation_with_own_factors(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    grace = make_person(GRACE)
    world.invited(melfield, GRACE, "School_Anon")
    page = Walker(client).get(link_of(GRACE)).submit()
    page = page.submit(email=GRACE, password=grace.password)
    page = page.submit(code=grace.code())
    page = page.submit()
    while page.heading != "You have joined":
        page = page.submit(button="accept")
    page = page.walker.get(page.link("link Melfield account"))
    page = visit(page, there, "grace", amr="pwd,mfa")
    assert page.heading == "You have joined", page.text
    identity = db.session.scalars(select(Identity)).one()
    assert identity.account_id == grace.account_id
    assert [recipient for recipient, _ in world.mails("upstream/linked")] == [GRACE]
    assert world.audited("upstream.identity_linked")[0].subject == grace.subject


def test_member_links_identity_by_the_link_that_an_approver_sends(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    grace = make_person(GRACE)
    world.join(world.invited(melfield, GRACE, "School_Anon"))
    ann = world.member(melfield, "ann@other.example", given_name="Ann", approver=True)
    walker = world.browser(app, ann)
    page = walker.get(walker.get(world.path(melfield, "users")).link("Ada Byron"))
    page = walker.get(page.link("Send a link to connect Melfield account")).submit()
    assert "We sent Ada Byron a link" in page.text
    page = Walker(client).get(link_of(GRACE)).submit()
    page = page.submit(email=GRACE, password=grace.password)
    page = page.submit(code=grace.code())
    page = page.submit()
    while page.heading != "You have joined":
        page = page.submit(button="accept")
    page = page.walker.get(page.link("link Melfield account"))
    visit(page, there, "grace", amr="pwd,mfa")
    assert db.session.scalars(select(Identity.account_id)).all() == [grace.account_id]
    memberships = db.session.scalars(
        select(Membership).where(Membership.account_id == grace.account_id)
    ).all()
    assert [membership.open for membership in memberships] == [True]


def test_identity_cannot_be_linked_without_an_accepted_invitation(
    app: Flask, client: FlaskClient, melfield: Organisation, trusted: Connection
) -> None:
    grace = make_person(GRACE)
    membership = world.invited(melfield, GRACE)
    world.join(membership)
    sign_in_here(client, grace)
    other = db.session.get_one(Invitation, membership.invitation_id)
    page = Walker(client).get(f"/join/link-organisation?invitation={other.public_id}")
    # Accepted, but by no journey of today.
    assert page.heading != "Link Melfield account"


def test_verified_email_address_links_nothing(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    make_person("grace@elsewhere.example")
    page = sign_in_elsewhere(client, there, amr="pwd,mfa")
    assert page.status == 403
    assert not sessions()
    assert db.session.scalars(select(Identity)).all() == []


def test_identity_of_another_account_cannot_join_again(
    app: Flask, melfield: Organisation, trusted: Connection, there: BrowserThere
) -> None:
    linked(world.account("someone@melfield.example"), trusted)
    world.invited(melfield, GRACE)
    page = Walker(app.test_client()).get(link_of(GRACE)).submit(button="organisation")
    page = visit(page, there, "grace", amr="pwd,mfa")
    assert (page.status, page.heading) == (400, "That account is in use")
    assert not sessions()


def test_suspended_person_cannot_sign_in_at_provider(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    trusted: Connection,
    there: BrowserThere,
) -> None:
    grace = linked(world.who(world.member(melfield, GRACE)), trusted)
    with writing():
        grace.suspended_at = now()
    page = sign_in_elsewhere(client, there, amr="pwd,mfa")
    assert page.status == 403
    assert not sessions()


def test_logout_token_of_the_provider_ends_the_session(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    peer: Peer,
    name_server: NameServer,
    there: BrowserThere,
) -> None:
    listening = Listening()
    try:
        connection = connect(
            app, melfield, peer, name_server, amr_trusted=True, logout_uri=listening.address
        )
        linked(world.who(world.member(melfield, GRACE)), connection)
        sign_in_elsewhere(client, there, amr="pwd,mfa")
        assert len(sessions()) == 1
        there.sign_out()
        (received,) = listening.received
        address = f"/sign-in/organisation/{connection.public_id}/logout"
        token = {"logout_token": received["logout_token"][0]}
        assert app.test_client().post(address, data=token).status_code == 200
        assert not sessions()
    finally:
        listening.close()
