"""Attacks by pages of other sites: CS-01 to CS-03 of the catalogue."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.conftest import ISSUER
from tests.identity.oidc.relying_party import register
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Walker

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
FOR_PROGRAMS = {
    "oidc.delete_registration",
    "oidc.introspect",
    "oidc.par",
    "oidc.register",
    "oidc.revoke",
    "oidc.token",
    "oidc.update_registration",
    "oidc.userinfo",
}
"""Called with a client's own proof; a browser's cookies are not looked at."""
FROM_SERVICES = {"oidc.authorize", "oidc.end_session", "upstream.logout"}
"""Posted to by services' pages, which change nothing without the person's own answer; and by
providers, with a signed token."""

ELSEWHERE = [
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://evil.localhost:8000"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "https://localhost:8000"},
    {"Origin": "http://localhost:8000.evil.example"},
    {"Origin": "http://[::1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": ISSUER, "Sec-Fetch-Site": "cross-site"},
]


def names(headers: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in headers.items())


def forms(app: Flask) -> list[tuple[str, str]]:
    """Method and address of every route that changes something for a person in a browser."""
    found = [
        (method, address(rule))
        for rule in app.url_map.iter_rules()
        for method in WRITING & (rule.methods or set())
        if rule.endpoint not in FOR_PROGRAMS | FROM_SERVICES
    ]
    assert len(found) > 40
    return found


def address(rule: Rule) -> str:
    return re.sub(r"<[^>]*>", "x", rule.rule)


def form_secret(client: FlaskClient) -> str:
    """The secret that a page of ours holds for this browser."""
    secret: str = Walker(client).get("/forgot-password").form().values["csrf_token"]
    return secret


def turned_away(response: Any) -> bool:
    return response.status_code == 400 and "Your form has timed out" in response.text


@pytest.fixture
def victim(app: Flask, person: Person) -> FlaskClient:
    client: FlaskClient = app.test_client()
    sign_in(client, person)
    return client


def alive(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_CS_01_form_without_the_token_of_this_browser_is_refused(app: Flask) -> None:
    client = app.test_client()
    theirs = form_secret(app.test_client())
    for method, target in forms(app):
        mine = form_secret(client)  # a new one, since some of the forms end what came before
        for data in ({}, {"csrf_token": "made-up"}, {"csrf_token": theirs}):
            answer = client.open(target, method=method, data=data)
            assert turned_away(answer), f"{method} {target} {data}"
        for kind in ("text/plain", "application/json", "text/html"):
            body = f'{{"csrf_token": "{mine}"}}'
            answer = client.open(target, method=method, data=body, content_type=kind)
            assert turned_away(answer), f"{method} {target} {kind}"
        assert not turned_away(client.open(target, method=method, data={"csrf_token": mine}))


def test_CS_01_get_request_changes_nothing(victim: FlaskClient, person: Person) -> None:
    secret = form_secret(victim)
    for target in ("/account/sessions/end-others", "/end-session/confirm", "/join/not-me"):
        assert victim.get(target, query_string={"csrf_token": secret}).status_code == 405
    for target in ("/sign-out", "/end-session"):
        victim.get(target, query_string={"csrf_token": secret, "sign_out": "yes"})
    assert alive(victim)


@pytest.mark.parametrize("headers", ELSEWHERE, ids=names)
def test_CS_02_form_from_another_origin_is_refused(app: Flask, headers: dict[str, str]) -> None:
    client = app.test_client()
    data = {"csrf_token": form_secret(client)}
    for method, target in forms(app):
        answer = client.open(target, method=method, data=data, headers=headers)
        assert turned_away(answer), f"{method} {target}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": ISSUER},
        {"Origin": ISSUER, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=names,
)
def test_CS_02_form_from_this_origin_is_accepted(
    victim: FlaskClient, headers: dict[str, str]
) -> None:
    data = {"csrf_token": form_secret(victim)}
    assert victim.post("/sign-out", data=data, headers=headers).status_code == 303
    assert not alive(victim)


@pytest.mark.parametrize("headers", ELSEWHERE, ids=names)
def test_CS_02_form_from_another_origin_changes_nothing(
    victim: FlaskClient, headers: dict[str, str]
) -> None:
    data = {"csrf_token": form_secret(victim)}
    assert turned_away(victim.post("/sign-out", data=data, headers=headers))
    data["sign_out"] = "yes"
    assert turned_away(victim.post("/end-session/confirm", data=data, headers=headers))
    assert victim.post("/end-session", data=data, headers=headers).status_code == 200
    assert alive(victim)


def test_CS_03_form_of_another_site_signs_in_to_no_account(app: Flask, person: Person) -> None:
    attacker = make_person("eve@evil.example", "Eve", "Evil")
    secrets = {"email": attacker.email, "password": PASSWORD}
    evil = Walker(app.test_client()).get("/sign-in?next=/account")
    victim = app.test_client()
    own = Walker(victim).get("/sign-in?next=/account").form()
    evil_form = evil.form()
    for action, token in (
        (own.action, None),
        (own.action, evil_form.values["csrf_token"]),
        (evil_form.action, evil_form.values["csrf_token"]),
    ):
        data = secrets | ({"csrf_token": token} if token else {})
        assert turned_away(victim.post(action, data=data))
    # The attacker's half-finished journey opens nothing in another browser, whatever secret.
    half = evil.submit(email=attacker.email, password=PASSWORD)
    data = {"csrf_token": own.values["csrf_token"], "code": attacker.code()}
    answer = victim.post(half.form().action, data=data)
    assert answer.status_code == 303
    assert answer.headers["Location"].partition("?")[0].endswith("/sign-in")
    assert not alive(victim)


FOR_SCRIPTS = {
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/api/remit",
    "/jwks",
    "/par",
    "/revoke",
    "/token",
    "/userinfo",
}
"""Endpoints that scripts of another origin may read: metadata, keys, and those of clients."""


@pytest.mark.parametrize("origin", ["https://spa.example", "https://evil.example", "null"])
def test_CS_06_no_response_allows_credentials_or_an_origin_that_is_no_public_client(
    victim: FlaskClient, origin: str
) -> None:
    register(
        redirect_uris=["https://spa.example/callback"],
        token_endpoint_auth_method="none",
        grant_types=["authorization_code"],
    )
    readable = set()
    for rule in victim.application.url_map.iter_rules():
        for method in ("GET", "POST", "OPTIONS"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            response = victim.open(address(rule), method=method, headers=headers)
            response.close()
            assert "Access-Control-Allow-Credentials" not in response.headers, rule.rule
            allowed = response.headers.get("Access-Control-Allow-Origin")
            assert allowed in {None, "*", "https://spa.example"}, rule.rule
            if allowed == "*" or allowed == origin:
                readable.add(rule.rule)
            else:
                assert allowed is None, rule.rule
    assert readable <= FOR_SCRIPTS
    assert (readable == FOR_SCRIPTS) is (origin == "https://spa.example")
