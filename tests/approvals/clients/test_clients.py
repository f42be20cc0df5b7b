"""Operators' pages about clients."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.clock import now
from app.database import db
from app.retention import purge_expired
from approvals.clients.forms import METHODS
from approvals.clients.models import ClientAnswer
from approvals.organisations.models import Organisation
from identity.oidc.client_administration import actions
from identity.oidc.clients import store
from identity.oidc.clients.metadata import AUTH_METHODS, offered_auth_methods
from identity.oidc.models import Client
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.approvals import world
from tests.approvals.clients.registering import registered
from tests.approvals.world import browser
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import make_person
from tests.identity.walking import Page, Walker

NAMED = "School_Named"
TOKENS = ("access_token", "id_token", "refresh_token")


def test_PR_12_client_secret_is_shown_once(app: Flask, olive: Walker, school: Organisation) -> None:
    """No page, command, export or audit row gives a client's secret, a seed or a token again."""
    party = RelyingParty(app.test_client(), register())
    ada = make_person("ada@ashfield.example")
    tokens = party.tokens(signed_in_browser(app, ada), scope="openid")
    secrets = [party.secret or "", ada.secret, *(str(tokens[kind]) for kind in TOKENS)]
    hers = Walker(signed_in_browser(app, ada))
    pages = [
        olive.get(f"/ops/{where}").html
        for where in (
            "clients",
            f"clients/{party.client_id}",
            f"people/{ada.subject}",
            "audit",
        )
    ]
    pages += [hers.get(f"/account{where}").html for where in ("", "/second-step", "/sessions")]
    run = app.test_cli_runner().invoke
    pages += [
        run(args=["clients", *words]).output for words in (["list"], ["show", party.client_id])
    ]
    assert party.client_id in pages[-1]
    rows = db.session.scalars(select(AuditEvent)).all()
    pages += [f"{row.before} {row.after} {row.detail}" for row in rows]
    assert [secret for secret in secrets if any(secret in page for page in pages)] == []


def shown(page: Page, key: str) -> str:
    """The value beside a key of a summary list."""
    found = re.search(
        rf"<dt[^>]*>\s*{key}\s*</dt>\s*<dd[^>]*>\s*(.*?)\s*</dd>", page.html, re.DOTALL
    )
    assert found, page.text
    return found.group(1)


def test_register_page_shows_the_secret_once(app: Flask, olive: Walker) -> None:
    page = olive.get(olive.get("/ops").link("Clients"))
    page = olive.get(page.link("Register a client"))
    page = page.submit(
        client_name="Pupil reports",
        service="school_performance",
        profile="baseline",
        method="client_secret_basic",
        application_type="web",
        grant_types="client_credentials",
        scope="openid remits:read",
        redirect_uris="",
    )
    assert "Pupil reports is registered" in page.heading
    assert page.response.headers["Cache-Control"] == "no-store"
    secret = shown(page, "Secret")
    client_id = shown(page, "Client id")
    rp = RelyingParty(
        app.test_client(),
        {**actions.registration_response(actions.find(client_id)), "client_secret": secret},
    )
    assert rp.credentials().status_code == 200
    page = olive.get(page.link("Go to Pupil reports"))
    assert secret not in page.html
    assert "client_secret_basic" in page.text
    (row,) = audited("client.registered")
    assert row.actor_name == "Olive Operator"


def rotation(olive: Walker) -> tuple[str, Page]:
    """A client, and the page that gives it a new secret."""
    client_id = registered(
        grant_types=["client_credentials"], redirect_uris=[], scope="remits:read"
    )["client_id"]
    return client_id, olive.get(f"/ops/clients/{client_id}/secret")


def test_register_page_posted_twice_makes_one_client_and_secret(
    olive: Walker,
) -> None:
    _, page = rotation(olive)
    form = {**page.form().values, "hours": "24"}
    first = shown(olive.post(page.address, form), "Secret")
    again = olive.post(page.address, form)
    assert "The secret was shown once" in again.heading
    assert first not in again.html
    assert len(audited("client.secret_rotated")) == 1
    new = olive.get("/ops/clients/new")
    form = {
        **new.form().values,
        "client_name": "Timetables",
        "service": "",
        "profile": "baseline",
        "method": "client_secret_basic",
        "application_type": "web",
        "grant_types": "client_credentials",
        "scope": "remits:read",
    }
    assert "Timetables is registered" in olive.post(new.address, form).heading
    assert "The secret was shown once" in olive.post(new.address, form).heading
    assert len(audited("client.registered")) == 2


def test_secret_page_reloaded_says_how_to_make_another(olive: Walker) -> None:
    client_id, page = rotation(olive)
    answered = page.submit(hours="24", follow=False)
    assert answered.status == 303
    address = answered.response.headers["Location"]
    # Looking ahead is not looking.
    assert olive.client.head(address).status_code == 200
    secret = shown(olive.get(address), "Secret")
    again = olive.get(address)
    assert "The secret was shown once" in again.heading
    assert secret not in again.html
    assert again.link("a new secret") == f"/ops/clients/{client_id}/secret"
    assert len(audited("client.secret_rotated")) == 1


def test_new_secret_is_encrypted_until_it_is_shown_to_the_operator_who_made_it(
    app: Flask, olive: Walker
) -> None:
    _, page = rotation(olive)
    address = page.submit(hours="24", follow=False).response.headers["Location"]
    other = browser(app, world.operator("otto@service.example"))
    assert other.get(address).status == 404
    kept = db.session.scalar(select(ClientAnswer.sealed_secret))
    secret = shown(olive.get(address), "Secret")
    assert kept is not None
    assert secret not in kept
    assert secret not in address
    assert db.session.scalar(select(ClientAnswer.sealed_secret)) is None


def test_new_secret_that_was_not_shown_is_deleted_after_ten_minutes(olive: Walker) -> None:
    _, page = rotation(olive)
    address = page.submit(hours="24", follow=False).response.headers["Location"]
    with time_machine.travel(now() + timedelta(minutes=11)):
        purge_expired()
        assert db.session.scalar(select(ClientAnswer.sealed_secret)) is None
        assert "The secret was shown once" in olive.get(address).heading


def test_register_page_shows_errors_and_keeps_the_input(olive: Walker) -> None:
    page = olive.get("/ops/clients/new").submit(
        client_name="Pupil reports",
        service="",
        profile="baseline",
        method="client_secret_basic",
        grant_types="authorization_code",
        scope="openid",
        redirect_uris="https://*.example/callback",
    )
    assert "There is a problem" in page.text
    assert "redirect_uris" in page.text
    assert "https://*.example/callback" in page.html
    assert 'value="Pupil reports"' in page.html
    assert db.session.scalar(select(func.count()).select_from(Client)) == 0


def test_register_page_shows_each_error_at_its_field(olive: Walker) -> None:
    page = olive.get("/ops/clients/new").submit(
        client_name="",
        service="school_performance",
        profile="fapi2",
        method="client_secret_basic",
        grant_types="authorization_code",
        scope="openid nonsense",
        redirect_uris="https://*.example/callback http://rp.example/cb",
        post_logout_redirect_uris="ftp://rp.example/bye",
        jwks_uri="jwks",
    )
    summary = page.html[page.html.index("There is a problem") : page.html.index("<h1")]
    for field in ("client_name", "scope", "redirect_uris", "post_logout_redirect_uris", "jwks_uri"):
        assert f'href="#{field}"' in summary, field
    assert "the client proves itself by" in summary
    for address in ("https://*.example/callback", "http://rp.example/cb"):
        assert page.text.count(f"redirect_uris: '{address}' cannot be registered") == 2
    assert db.session.scalar(select(func.count()).select_from(Client)) == 0


def test_register_page_offers_every_grant_type_and_authentication_method(
    olive: Walker,
) -> None:
    page = olive.get("/ops/clients/new")
    assert all(grant.label in page.text for grant in GRANT_TYPES.values())
    assert set(METHODS) == set(AUTH_METHODS)
    for value in (*GRANT_TYPES, *offered_auth_methods(), "native"):
        assert f'value="{value}"' in page.html, value


def test_register_page_registers_a_native_application(olive: Walker) -> None:
    page = olive.get("/ops/clients/new").submit(
        client_name="Pupil reports",
        service="school_performance",
        profile="baseline",
        application_type="native",
        method="none",
        grant_types="authorization_code",
        scope="openid access",
        redirect_uris="com.example.app:/callback http://127.0.0.1/cb",
    )
    assert "Pupil reports is registered" in page.heading


def test_clients_page_searches_name_service_and_id(olive: Walker) -> None:
    first = registered()
    registered(client_name="Timetables", service=None, scope="openid")
    for search in ("pupil", "school_perf", first["client_id"]):
        page = olive.get(f"/ops/clients?q={search}")
        assert "Pupil reports" in page.text
        assert "Timetables" not in page.text
    assert "No client matches" in olive.get("/ops/clients?q=nothing").text


def test_new_secret_is_shown_once_and_the_old_one_works_for_the_overlap(
    app: Flask, olive: Walker
) -> None:
    first = registered(grant_types=["client_credentials"], redirect_uris=[], scope="remits:read")
    page = olive.get(f"/ops/clients/{first['client_id']}")
    page = olive.get(page.link("Give it a new secret"))
    assert "Hours must be between 0 and 720" in page.submit(hours="721").text
    assert "Enter a number of hours" in page.submit(hours="").text
    page = page.submit(hours="2")
    secret = shown(page, "Secret")
    for each in (first["client_secret"], secret):
        assert RelyingParty(app.test_client(), first | {"client_secret": each}).credentials().json
    assert secret not in olive.get(f"/ops/clients/{first['client_id']}").html


def test_client_page_disables_and_enables_the_client(app: Flask, olive: Walker) -> None:
    first = registered(grant_types=["client_credentials"], redirect_uris=[], scope="remits:read")
    rp = RelyingParty(app.test_client(), first)
    page = olive.get(f"/ops/clients/{first['client_id']}")
    page = olive.get(page.link("Disable client")).submit()
    assert "is disabled, and its tokens have ended." in page.text
    assert rp.credentials().status_code == 401
    page = olive.get(page.link("Enable client")).submit()
    assert "is enabled." in page.text
    assert rp.credentials().status_code == 200


def test_clients_pages_are_hidden_from_others_than_operators(
    app: Flask, school: Organisation
) -> None:
    client = registered()
    ann = browser(app, world.member(school, "ann@ashfield.example", approver=True))
    address = f"/ops/clients/{client['client_id']}"
    for path in ("", "/check", "/secret", "/disable", "/enable"):
        assert ann.get(address + path).status == 404
    for path in ("/ops/clients", "/ops/clients/new"):
        assert ann.get(path).status == 404
    assert store.find(client["client_id"]) is not None


def test_client_page_of_an_unknown_client_is_not_found(olive: Walker) -> None:
    assert olive.get("/ops/clients/client-nobody").status == 404
