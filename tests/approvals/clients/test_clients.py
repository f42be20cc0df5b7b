"""Operators' pages about clients."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from joserfc.util import urlsafe_b64decode as base64url_decode
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.clock import now
from app.database import db
from app.purge import purge_expired
from approvals.clients.models import ClientAnswer
from approvals.organisations.models import Organisation
from identity.oidc.clients import actions, store
from identity.oidc.keys import actions as keys
from identity.oidc.models import Client, TokenFamily
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.approvals import world
from tests.approvals.world import browser
from tests.attacks.oidc.evidence import audited
from tests.conftest import settings
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.publishing import Publishing
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty, register
from tests.identity.people import make_person
from tests.identity.walking import Page, Walker
from wsgi import Settings

NAMED = "School_Named"
TOKENS = ("access_token", "id_token", "refresh_token")


@pytest.fixture
def school(app: Flask) -> Organisation:
    keys.ensure()
    return world.school()


@pytest.fixture
def olive(app: Flask, school: Organisation) -> Walker:
    return browser(app, world.operator())


@pytest.fixture
def app_settings(database_url: str) -> Settings:
    """Clients' own servers run beside the tests."""
    return settings(database_url, outbound_networks="127.0.0.0/8")


def unverified(token: str) -> dict[str, Any]:
    """The claims of a token, whoever signed it."""
    said: dict[str, Any] = json.loads(base64url_decode(token.split(".")[1].encode()))
    return said


def registered(**metadata: Any) -> dict[str, Any]:
    return actions.register(
        {
            "client_name": "Pupil reports",
            "redirect_uris": [CALLBACK],
            "service": "school_performance",
            "scope": "openid profile email organisation access",
            **metadata,
        },
        grant_types=tuple(GRANT_TYPES),
    )


def test_PR_12_a_secret_is_shown_once_and_never_again(
    app: Flask, olive: Walker, school: Organisation
) -> None:
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


def claims(page: Page, name: str) -> dict[str, Any]:
    """The JSON below a heading."""
    found = re.search(rf'aria-label="{name}"><code>(.*?)</code>', page.html, re.DOTALL)
    assert found, page.text
    said: dict[str, Any] = json.loads(found.group(1).replace("&#34;", '"'))
    return said


def test_an_operator_registers_a_client_and_sees_its_secret_once(app: Flask, olive: Walker) -> None:
    page = olive.get(olive.get("/ops").link("Clients"))
    page = olive.get(page.link("Register a client"))
    page = page.submit(
        client_name="Pupil reports",
        service="school_performance",
        profile="baseline",
        method="client_secret_basic",
        grant_types="client_credentials",
        scope="openid remits:read",
        redirect_uris="",
    )
    assert "Pupil reports is registered" in page.heading
    assert page.response.headers["Cache-Control"] == "no-store"
    secret = shown(page, "Secret")
    client_id = shown(page, "Client id")
    rp = RelyingParty(
        app.test_client(), {**actions.described(actions.find(client_id)), "client_secret": secret}
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


def test_a_form_that_is_sent_again_makes_no_other_secret_and_no_other_client(
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
        "grant_types": "client_credentials",
        "scope": "remits:read",
    }
    assert "Timetables is registered" in olive.post(new.address, form).heading
    assert "The secret was shown once" in olive.post(new.address, form).heading
    assert len(audited("client.registered")) == 2


def test_a_page_with_a_secret_says_when_it_is_reloaded_how_to_make_another(olive: Walker) -> None:
    client_id, page = rotation(olive)
    answered = page.submit(hours="24", follow=False)
    assert answered.status == 303
    address = answered.response.headers["Location"]
    secret = shown(olive.get(address), "Secret")
    again = olive.get(address)
    assert "The secret was shown once" in again.heading
    assert secret not in again.html
    assert again.link("a new secret") == f"/ops/clients/{client_id}/secret"
    assert len(audited("client.secret_rotated")) == 1


def test_a_new_secret_is_encrypted_until_it_is_shown_to_whoever_made_it(
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


def test_a_new_secret_that_nobody_looked_at_goes_after_ten_minutes(olive: Walker) -> None:
    _, page = rotation(olive)
    address = page.submit(hours="24", follow=False).response.headers["Location"]
    with time_machine.travel(now() + timedelta(minutes=11)):
        purge_expired()
        assert db.session.scalar(select(ClientAnswer.sealed_secret)) is None
        assert "The secret was shown once" in olive.get(address).heading


def test_what_cannot_be_registered_is_said_and_nothing_is_lost(olive: Walker) -> None:
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


def test_clients_are_found_by_name_service_or_id(olive: Walker) -> None:
    first = registered()
    registered(client_name="Timetables", service=None, scope="openid")
    for search in ("pupil", "school_perf", first["client_id"]):
        page = olive.get(f"/ops/clients?q={search}")
        assert "Pupil reports" in page.text
        assert "Timetables" not in page.text
    assert "No client matches" in olive.get("/ops/clients?q=nothing").text


def test_a_new_secret_is_shown_once_and_the_old_one_works_for_the_hours_named(
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


def test_a_client_is_disabled_and_enabled(app: Flask, olive: Walker) -> None:
    first = registered(grant_types=["client_credentials"], redirect_uris=[], scope="remits:read")
    rp = RelyingParty(app.test_client(), first)
    page = olive.get(f"/ops/clients/{first['client_id']}")
    page = olive.get(page.link("Disable client")).submit()
    assert "is disabled, and its tokens have ended." in page.text
    assert rp.credentials().status_code == 401
    page = olive.get(page.link("Enable client")).submit()
    assert "is enabled." in page.text
    assert rp.credentials().status_code == 200


def test_a_check_shows_what_tokens_would_say_and_issues_none(
    olive: Walker, school: Organisation
) -> None:
    client = registered()
    bob = world.member(school, "bob@ashfield.example", NAMED, given_name="Bob", family_name="Dean")
    page = olive.get(f"/ops/clients/{client['client_id']}")
    page = olive.get(page.link("Check this client"))
    assert f"client_id={client['client_id']}" in page.text
    page = page.submit(email="bob@ashfield.example")
    said = claims(page, "Access token")
    assert said["sub"] == world.who(bob).subject
    assert said["capabilities"]
    assert claims(page, "Userinfo")["name"] == "Bob Dean"
    assert claims(page, "ID token")["aud"] == client["client_id"]
    assert "Accepted" in page.text
    assert db.session.scalar(select(func.count()).select_from(TokenFamily)) == 0
    (row,) = audited("client.checked")
    assert (row.subject, row.client) == (world.who(bob).subject, client["client_id"])


def test_a_check_says_why_somebody_may_not_enter(olive: Walker, school: Organisation) -> None:
    client = registered()
    world.member(school, "bob@ashfield.example")
    address = f"/ops/clients/{client['client_id']}/check"
    page = olive.get(address).submit(email="bob@ashfield.example")
    assert "May not enter" in page.text
    assert "Access token" not in page.text
    assert "Nobody has an account" in olive.get(address).submit(email="x@y.example").text
    assert "Enter an email address" in olive.get(address).submit(email="").text


def test_a_check_tries_the_addresses_that_we_call(olive: Walker) -> None:
    client = registered(
        jwks_uri="https://nowhere.invalid/keys",
        backchannel_logout_uri="https://nowhere.invalid/told",
        token_endpoint_auth_method="private_key_jwt",
    )
    page = olive.get(f"/ops/clients/{client['client_id']}/check")
    assert "No key set was found at https://nowhere.invalid/keys" in page.text
    assert "https://nowhere.invalid/told does not answer" in page.text


@pytest.mark.parametrize(
    ("status", "said"), [(404, "Not yet"), (410, "Not yet"), (405, "Good"), (204, "Good")]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_at_which_nobody_is_is_not_good(olive: Walker, status: int, said: str) -> None:
    with closing(Publishing()) as service:
        service.status = status
        client = registered(backchannel_logout_uri=service.address)
        page = olive.get(f"/ops/clients/{client['client_id']}/check")
    assert f"{said} {service.address} answers with status {status}" in page.text


def test_a_check_says_which_scopes_give_nothing_without_a_service(olive: Walker) -> None:
    idle = "Without a service nothing comes of organisation and access"
    without, within = registered(service=None), registered()
    assert idle in olive.get(f"/ops/clients/{without['client_id']}/check").text
    assert idle not in olive.get(f"/ops/clients/{within['client_id']}/check").text
    page = olive.get("/ops/clients/new")
    assert page.form().values["scope"] == "openid profile email"


def test_a_check_shows_the_pushed_request_of_a_client_that_has_to_push_it(olive: Walker) -> None:
    client = registered(require_pushed_authorization_requests=True)["client_id"]
    page = olive.get(f"/ops/clients/{client}/check")
    pushed, brought = page.html.split('aria-label="Authorization request"')
    assert "POST http://localhost:8000/par" in pushed
    assert "code_challenge=CHALLENGE" in pushed
    assert "code_challenge" not in brought
    assert "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3AHANDLE" in brought


def test_a_check_says_that_a_person_of_several_organisations_is_asked(
    olive: Walker, school: Organisation
) -> None:
    client = registered()
    world.member(school, "bob@ashfield.example", NAMED)
    address = f"/ops/clients/{client['client_id']}/check"
    assert "is asked for which" not in olive.get(address).submit(email="bob@ashfield.example").text
    world.member(world.organisation("Beech School", urn="100002"), "bob@ashfield.example", NAMED)
    page = olive.get(address).submit(email="bob@ashfield.example")
    assert "The person is asked for which: Ashfield School, Beech School" in page.text


def test_a_check_names_every_claim_that_an_id_token_will_have(
    app: Flask, olive: Walker, school: Organisation
) -> None:
    client = registered()
    bob = make_person("bob@ashfield.example")
    world.member(school, bob.email, NAMED)
    page = olive.get(f"/ops/clients/{client['client_id']}/check").submit(email=bob.email)
    said = {name: claims(page, name) for name in ("ID token", "Access token")}
    tokens = RelyingParty(app.test_client(), client).tokens(
        signed_in_browser(app, bob), scope="openid profile email organisation access"
    )
    for name, kind in (("ID token", "id_token"), ("Access token", "access_token")):
        assert said[name].keys() == unverified(tokens[kind]).keys()
    assert said["ID token"]["auth_time"] == "set at sign-in"


def test_a_command_prints_what_the_page_of_a_check_shows(app: Flask, school: Organisation) -> None:
    client = registered()
    bob = world.member(school, "bob@ashfield.example", NAMED, given_name="Bob", family_name="Dean")
    run = app.test_cli_runner().invoke
    said = run(args=["clients", "check", client["client_id"], "bob@ashfield.example"])
    assert said.exit_code == 0, said.output
    assert f"/authorize?client_id={client['client_id']}" in said.output
    assert "Good     Account: Active" in said.output
    assert "Ashfield School\nID token\n{" in said.output
    assert f'"sub": "{world.who(bob).subject}"' in said.output
    (row,) = audited("client.checked")
    assert (row.actor_kind, row.subject) == ("command", world.who(bob).subject)
    for words, mistake in (
        ([client["client_id"], "x@y.example"], "Nobody has an account with this address."),
        (["client-nobody", "bob@ashfield.example"], "There is no client client-nobody"),
    ):
        refused = run(args=["clients", "check", *words])
        assert refused.exit_code == 1
        assert mistake in refused.output


def test_only_operators_see_any_of_it(app: Flask, school: Organisation) -> None:
    client = registered()
    ann = browser(app, world.member(school, "ann@ashfield.example", approver=True))
    address = f"/ops/clients/{client['client_id']}"
    for path in ("", "/check", "/secret", "/disable", "/enable"):
        assert ann.get(address + path).status == 404
    for path in ("/ops/clients", "/ops/clients/new"):
        assert ann.get(path).status == 404
    assert store.find(client["client_id"]) is not None


def test_a_client_that_is_not_there_is_no_page(olive: Walker) -> None:
    assert olive.get("/ops/clients/client-nobody").status == 404
