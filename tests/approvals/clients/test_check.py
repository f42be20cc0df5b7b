"""A sign-in is tried without anybody signing in: by page and by command."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import Any

import pytest
from flask import Flask
from joserfc.util import urlsafe_b64decode as base64url_decode
from sqlalchemy import func, select

from app.database import db
from approvals.organisations.models import Organisation
from identity.oidc.models import TokenFamily
from tests.approvals import world
from tests.approvals.clients.registering import registered
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.publishing import Publishing
from tests.identity.oidc.relying_party import RelyingParty
from tests.identity.people import make_person
from tests.identity.walking import Page, Walker

NAMED = "School_Named"


def unverified(token: str) -> dict[str, Any]:
    """The claims of a token, whoever signed it."""
    said: dict[str, Any] = json.loads(base64url_decode(token.split(".")[1].encode()))
    return said


def claims(page: Page, name: str) -> dict[str, Any]:
    """The JSON below a heading."""
    found = re.search(rf'aria-label="{name}"><code>(.*?)</code>', page.html, re.DOTALL)
    assert found, page.text
    said: dict[str, Any] = json.loads(found.group(1).replace("&#34;", '"'))
    return said


def test_check_shows_the_claims_and_issues_no_token(olive: Walker, school: Organisation) -> None:
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


def test_check_explains_why_a_person_may_not_enter(olive: Walker, school: Organisation) -> None:
    client = registered()
    world.member(school, "bob@ashfield.example")
    address = f"/ops/clients/{client['client_id']}/check"
    page = olive.get(address).submit(email="bob@ashfield.example")
    assert "May not enter" in page.text
    assert "Access token" not in page.text
    assert "There is no account" in olive.get(address).submit(email="x@y.example").text
    assert "Enter an email address" in olive.get(address).submit(email="").text


def test_check_calls_the_addresses_of_the_client(olive: Walker) -> None:
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
def test_check_reports_the_status_of_a_logout_address(
    olive: Walker, status: int, said: str
) -> None:
    with closing(Publishing()) as service:
        service.status = status
        client = registered(backchannel_logout_uri=service.address)
        page = olive.get(f"/ops/clients/{client['client_id']}/check")
    assert f"{said} {service.address} answers with status {status}" in page.text


def test_check_names_scopes_without_effect_for_lack_of_a_service(olive: Walker) -> None:
    idle = "Without a service tokens contain no claims of organisation and access"
    without, within = registered(service=None), registered()
    assert idle in olive.get(f"/ops/clients/{without['client_id']}/check").text
    assert idle not in olive.get(f"/ops/clients/{within['client_id']}/check").text
    page = olive.get("/ops/clients/new")
    assert page.form().values["scope"] == "openid profile email organisation access"


def test_check_reports_missing_scopes_of_a_service(app: Flask, olive: Walker) -> None:
    client = registered(scope="openid profile email")
    lacking = (
        "Tokens of the client contain no claims of School Performance: add organisation or access"
    )
    assert f"Not yet {lacking}" in olive.get(f"/ops/clients/{client['client_id']}/check").text
    service = registered(scope="remits:read", grant_types=["client_credentials"])
    assert lacking not in olive.get(f"/ops/clients/{service['client_id']}/check").text


def test_register_command_warns_of_scopes_that_do_not_fit_the_service(
    app: Flask, school: Organisation
) -> None:
    metadata = {
        "client_name": "Pupil reports",
        "service": "school_performance",
        "redirect_uris": ["https://rp.example/cb"],
        "scope": "openid",
        "policy_uri#en": "https://rp.example/privacy",
        "tos_uri#cy": "https://rp.example/telerau",
        "logo_uri": "https://rp.example/logo.png",
    }
    result = app.test_cli_runner().invoke(
        args=["clients", "register", "-"], input=json.dumps(metadata)
    )
    assert result.exit_code == 0
    for warning in (
        "tokens of the client contain no claims of School Performance",
        "tos_uri#cy was ignored: pages are in English",
        "logo_uri was ignored: pages show no picture from another server",
    ):
        assert warning in result.stderr
    assert '"policy_uri": "https://rp.example/privacy"' in result.stdout
    assert "policy_uri#en was ignored" not in result.stderr
    assert "logo_uri" not in result.stdout


def test_check_shows_the_pushed_request_of_a_client_that_must_push(olive: Walker) -> None:
    client = registered(require_pushed_authorization_requests=True)["client_id"]
    page = olive.get(f"/ops/clients/{client}/check")
    pushed, brought = page.html.split('aria-label="Authorization request"')
    assert "POST http://localhost:8000/par" in pushed
    assert "code_challenge=CHALLENGE" in pushed
    assert "code_challenge" not in brought
    assert "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3AHANDLE" in brought


def test_check_says_that_a_person_of_several_organisations_chooses(
    olive: Walker, school: Organisation
) -> None:
    client = registered()
    world.member(school, "bob@ashfield.example", NAMED)
    address = f"/ops/clients/{client['client_id']}/check"
    assert "is asked for which" not in olive.get(address).submit(email="bob@ashfield.example").text
    world.member(world.organisation("Beech School", urn="100002"), "bob@ashfield.example", NAMED)
    page = olive.get(address).submit(email="bob@ashfield.example")
    assert "The person is asked for which: Ashfield School, Beech School" in page.text


def test_check_names_every_claim_of_the_id_token(
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


def test_check_command_prints_the_content_of_the_page(app: Flask, school: Organisation) -> None:
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
        ([client["client_id"], "x@y.example"], "There is no account with this address."),
        (["client-nobody", "bob@ashfield.example"], "There is no client client-nobody"),
    ):
        refused = run(args=["clients", "check", *words])
        assert refused.exit_code == 1
        assert mistake in refused.output
