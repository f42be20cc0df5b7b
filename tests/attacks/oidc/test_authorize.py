"""Attacks on the authorization endpoint: group AZ of the catalogue."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from identity.oidc.client_administration import actions
from identity.oidc.clients.metadata import InvalidMetadata
from tests.attacks.oidc.evidence import audited, codes
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import (
    CALLBACK,
    ISSUER,
    RelyingParty,
    answer,
    register,
    walk,
)
from tests.identity.oidc.rights import Rights, entrance
from tests.identity.people import Person, make_person
from tests.identity.walking import Walker


def stays_here(response: TestResponse) -> bool:
    """An error page of our own, and nothing sent anywhere."""
    return response.status_code == 400 and "Location" not in response.headers


DIFFERING = [
    "https://RP.example/callback",
    "https://rp.example/Callback",
    "https://rp.example/callback/",
    "https://rp.example:443/callback",
    "https://rp.example:8443/callback",
    "https://rp.example/callback?x=1",
    "https://rp.example/a/../callback",
    "https://rp.example/%63allback",
    "https://rp.example/callback%2e",
    "https://rp.example/callback#",
    "http://rp.example/callback",
]


def test_AZ_01_authorize_does_not_redirect_to_a_different_address(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for address in DIFFERING:
        assert stays_here(browser.get(rp.request(redirect_uri=address))), address


PREFIXES = [
    "https://rp.example.evil.tld/callback",
    "https://rp.example/callback.evil.tld",
    "https://rp.example",
]


def test_AZ_02_authorize_does_not_redirect_to_a_prefix_of_the_address(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for address in PREFIXES:
        assert stays_here(browser.get(rp.request(redirect_uri=address))), address


RELATIVES = [
    "https://evilrp.example/callback",
    "https://sub.rp.example/callback",
    "https://example/callback",
]


def test_AZ_03_authorize_does_not_redirect_to_a_related_host(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for address in RELATIVES:
        assert stays_here(browser.get(rp.request(redirect_uri=address))), address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "client-other"),
        ("state", "2"),
        ("scope", "openid"),
        ("nonce", "2"),
    ],
)
def test_AZ_04_authorize_refuses_repeated_parameter_without_redirect(
    rp: RelyingParty, browser: FlaskClient, name: str, value: str
) -> None:
    assert stays_here(browser.get(f"{rp.request()}&{urlencode({name: value})}"))


STRANGE = [
    "https://rp.example@evil/",
    "http://localhost:80@evil/cb",
    "https://rp.example\\@evil/cb",
    "https://rp.example/\tcb",
    "///evil",
    "https:evil",
    "https:/rp.example/callback",
    "https://rp.example:99999/cb",
    "https://[::1/cb",
    "https://rp..example/cb",
    "https://rp.example/a/../b",
    "https://rp.example/%2e%2e/b",
    "https://пример.example/cb",
    "",
]
FORBIDDEN = [
    "http://rp.example/cb",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://*.rp.example/cb",
    "https://rp.example/cb#fragment",
    "https://rp.example/*",
    "ftp://rp.example/cb",
    "rp.example/cb",
]


def test_AZ_05_authorize_does_not_redirect_to_a_malformed_address(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for address in STRANGE:
        assert stays_here(browser.get(rp.request(redirect_uri=address))), address


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("member", ["redirect_uris", "post_logout_redirect_uris"])
def test_AZ_05_and_AZ_06_registration_refuses_bad_redirect_uri(
    provider: Flask, member: str
) -> None:
    for address in STRANGE + FORBIDDEN:
        with pytest.raises(InvalidMetadata) as refusal:
            register(**{member: [CALLBACK, address]})
        assert refusal.value.error == "invalid_redirect_uri"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_AZ_06_private_scheme_is_registered_by_native_clients_only(provider: Flask) -> None:
    for more in ({}, {"token_endpoint_auth_method": "none"}, {"application_type": "web"}):
        with pytest.raises(InvalidMetadata, match="its scheme is not https"):
            register(redirect_uris=["com.example.app:/cb"], **more)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_AZ_06_registration_accepts_https_and_loopback(provider: Flask) -> None:
    good = ["http://localhost:8001/cb", "http://127.0.0.1/cb", "http://[::1]:3000/cb"]
    good.append(CALLBACK + "?a=b")
    assert register(redirect_uris=good)["redirect_uris"] == good


@pytest.mark.parametrize(
    "changes",
    [{"response_type": "token"}, {"scope": "no-such"}, {"response_type": None}, {"prompt": "x"}],
)
def test_AZ_07_and_AZ_08_errors_are_not_sent_to_an_unregistered_address(
    rp: RelyingParty, browser: FlaskClient, changes: dict[str, str | None]
) -> None:
    assert stays_here(browser.get(rp.request(redirect_uri="https://evil.example/", **changes)))


def test_AZ_09_authorize_answers_unknown_and_disabled_clients_alike(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    unknown = browser.get(rp.request(client_id="client-0190"))
    actions.disable(rp.client_id)
    disabled = browser.get(rp.request())
    assert stays_here(unknown)
    assert stays_here(disabled)
    for response in (unknown, disabled):
        assert "Reports" not in response.get_data(as_text=True)
        assert rp.client_id not in response.get_data(as_text=True)


def test_AZ_10_authorize_refuses_other_response_types(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for response_type in ("token", "id_token", "code token", "code id_token", "x"):
        told = rp.authorize(browser, response_type=response_type)
        assert told["error"] == "unsupported_response_type"


def test_AZ_11_authorize_refuses_response_modes_that_are_not_offered(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for mode in ("fragment", "query.jwt", "jwt", "form_post.jwt", "web_message", "fragment.jwt"):
        response = browser.get(rp.request(response_mode=mode))
        assert answer(response)["error"] == "invalid_request"
        assert not urlsplit(response.headers["Location"]).fragment


def test_AZ_12_authorize_response_carries_issuer_and_unchanged_state(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    state = "a b&c=d%20+/?#ä☃"
    good, bad = rp.authorize(browser, state=state), rp.authorize(browser, state=state, prompt="x")
    assert good["iss"] == bad["iss"] == ISSUER
    assert good["state"] == bad["state"] == state
    assert "code" in good
    assert bad["error"] == "invalid_request"
    assert "state" not in rp.authorize(browser, state=None)


def test_AZ_14_authorize_pages_carry_an_opaque_id_and_no_parameter(
    rp: RelyingParty, provider: Flask, ada: Person
) -> None:
    browser = provider.test_client()
    page = walk(browser, rp.request(prompt="login"))
    page = page.submit("sign-in", email=ada.email, password=ada.password)
    page = page.submit("sign-in", code=ada.code(), follow=False)
    addresses = [response.request.full_path for response in page.walker.seen[1:]]
    addresses.append(page.response.headers["Location"])
    assert not any(name in each for each in addresses for name in ("rp.example", "st-1", "scope"))
    assert stays_here(browser.get("/authorize/made-up"))


def test_AZ_14_stored_request_ignores_further_parameters(
    rp: RelyingParty, browser: FlaskClient, ada: Person
) -> None:
    stored = browser.post("/authorize", data=parse_qs(urlsplit(rp.request()).query))
    told = answer(
        browser.get(stored.headers["Location"] + "?state=evil&redirect_uri=https://evil.example")
    )
    assert told["state"] == "st-1"


def test_AZ_15_stored_request_opens_only_in_its_browser(rp: RelyingParty, provider: Flask) -> None:
    victim = provider.test_client()
    stored = victim.post("/authorize", data=parse_qs(urlsplit(rp.request()).query))
    address = stored.headers["Location"]
    assert victim.get(address).status_code == 303
    attacker = signed_in_browser(provider, make_person("eve@evil.example"))
    assert stays_here(attacker.get(address))
    assert stays_here(attacker.get(f"{address}/cancel"))
    assert codes() == 0
    assert answer(victim.get(f"{address}/cancel"))["error"] == "access_denied"


HOSTILE = ['"><script>alert(1)</script>', "a\r\nSet-Cookie: x=1", "x" * 3000]
NO_TEXT = ["%ff%fe", "%00", "a%00b", "%c0%ae"]


@pytest.mark.parametrize("parameter", ["state", "nonce", "login_hint", "ui_locales"])
def test_AZ_16_redirect_encodes_hostile_values(
    rp: RelyingParty, browser: FlaskClient, parameter: str
) -> None:
    for value in HOSTILE:
        response = browser.get(rp.request(**{parameter: value}))
        assert "x=1" not in response.headers.get("Set-Cookie", "")
        assert "<script>alert" not in response.get_data(as_text=True)
        told = answer(response)
        assert "code" in told
        assert told["state"] == (value if parameter == "state" else "st-1")


def test_AZ_16_authorize_refuses_parameters_that_are_no_text(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for parameter in ("state", "login_hint"):
        for raw in NO_TEXT:
            address = f"{rp.request(**{parameter: None})}&{parameter}={raw}"
            assert stays_here(browser.get(address)), raw


@pytest.mark.parametrize(
    "value", ["NaN", "-Infinity", "1e999", '"\\u0000"', '"\\ud800"', "[" * 50 + "]" * 50]
)
def test_AZ_16_authorize_refuses_claims_that_cannot_be_stored(
    rp: RelyingParty, browser: FlaskClient, value: str
) -> None:
    claims = f'{{"userinfo":{{"name":{{"value":{value}}}}}}}'
    assert rp.authorize(browser, claims=claims)["error"] == "invalid_request"


def test_AZ_17_prompt_none_shows_no_page(
    service_rp: RelyingParty, stranger: FlaskClient, browser: FlaskClient, rights: Rights
) -> None:
    def error(who: FlaskClient) -> str:
        return service_rp.authorize(who, prompt="none")["error"]

    assert error(stranger) == "login_required"
    rights.doors = [entrance("oakfield"), entrance("elmwood")]
    assert error(browser) == "interaction_required"
    rights.doors = [entrance("oakfield")]
    rights.required_terms = {"t1"}
    assert error(browser) == "interaction_required"
    rights.doors = [entrance("oakfield", "Your user group ended.")]
    assert error(browser) == "access_denied"
    assert codes() == 0


def test_AZ_17_prompt_none_refuses_a_sign_in_without_second_factor(
    rp: RelyingParty, provider: Flask, ada: Person
) -> None:
    browser = provider.test_client()
    page = walk(browser, rp.request())
    page.submit("sign-in", email=ada.email, password=ada.password)
    assert rp.authorize(browser, prompt="none")["error"] == "login_required"
    one_factor = signed_in_browser(provider, ada, acr="urn:secure-access:aal1")
    assert rp.authorize(one_factor, prompt="none")["error"] == "login_required"


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}])
def test_AZ_18_max_age_requires_a_recent_sign_in_and_returns_auth_time(
    rp: RelyingParty, provider: Flask, ada: Person, changes: dict[str, str]
) -> None:
    browser = signed_in_browser(provider, ada, age=timedelta(minutes=5))
    before = rp.verified(rp.tokens(browser)["id_token"])["auth_time"]
    page = walk(browser, rp.request(**changes))
    assert page.status == 200
    page = page.submit("sign-in", email=ada.email, password=ada.password)
    page = page.submit("sign-in", code=ada.code(), follow=False)
    told = answer(browser.get(page.response.headers["Location"]))
    after = rp.verified(rp.redeem(told["code"]).get_json()["id_token"])["auth_time"]
    assert after > before


@pytest.mark.parametrize(
    "changes", [{"max_age": "abc"}, {"max_age": "-1"}, {"prompt": "none login"}, {"prompt": "x"}]
)
def test_AZ_18_authorize_refuses_malformed_max_age_and_prompt(
    rp: RelyingParty, browser: FlaskClient, changes: dict[str, str]
) -> None:
    assert rp.authorize(browser, **changes)["error"] == "invalid_request"


def test_AZ_19_id_token_states_the_acr_of_the_sign_in(
    rp: RelyingParty, provider: Flask, ada: Person, browser: FlaskClient
) -> None:
    one, two = "urn:secure-access:aal1", "urn:secure-access:aal2"

    def acr(**changes: str) -> str:
        claims = rp.verified(rp.tokens(browser, **changes)["id_token"])
        level: str = claims["acr"]
        return level

    assert acr() == two
    assert acr(acr_values=one) == one
    assert acr(acr_values=f"{one} {two}") == two
    weak = signed_in_browser(provider, ada, acr=one)
    assert walk(weak, rp.request(acr_values=two)).heading
    assert "code" not in rp.authorize(weak, acr_values=two, prompt="none")
    claims: dict[str, Any] = {"id_token": {"acr": {"essential": True, "values": ["urn:x"]}}}
    assert rp.authorize(browser, claims=json.dumps(claims))["error"] == (
        "unmet_authentication_requirements"
    )


def test_AZ_20_prompt_none_refuses_id_token_hint_of_another_person(
    rp: RelyingParty, provider: Flask, browser: FlaskClient
) -> None:
    eve = make_person("eve@school.example")
    hint = rp.tokens(signed_in_browser(provider, eve))["id_token"]
    told = rp.authorize(browser, id_token_hint=hint, prompt="none")
    assert told["error"] == "login_required"
    page = walk(browser, rp.request(id_token_hint=hint))
    assert page.form("sign-in").values.keys() >= {"email", "password"}


def test_AZ_20_id_token_hint_is_not_satisfied_by_the_sign_in_of_another_person(
    rp: RelyingParty, provider: Flask, ada: Person
) -> None:
    eve = make_person("eve@school.example")
    hint = rp.tokens(signed_in_browser(provider, eve))["id_token"]
    browser = provider.test_client()
    page = walk(browser, rp.request(id_token_hint=hint))
    page = page.submit("sign-in", email=ada.email, password=ada.password)
    page = page.submit("sign-in", code=ada.code(), follow=False)
    told = answer(browser.get(page.response.headers["Location"]))
    assert told["error"] == "login_required"


@pytest.mark.parametrize("hint", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x" * 5000])
def test_AZ_20_authorize_refuses_an_invalid_id_token_hint(
    rp: RelyingParty, browser: FlaskClient, hint: str
) -> None:
    told = rp.authorize(browser, id_token_hint=hint)
    assert ("code" in told) if not hint else (told["error"] == "invalid_request")


def test_AZ_21_person_without_access_sees_approvers_and_the_refusal_is_recorded(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights, ada: Person
) -> None:
    rights.doors = [entrance("oakfield", "Your user group ended.")]
    page = walk(browser, service_rp.request())
    assert page.heading == "You do not have access to School reports"
    assert "People who may use Reports may use School reports." in page.text
    assert "Ann Approver" in page.text
    assert codes() == 0
    (row,) = audited("service.entry_refused")
    assert row.subject == ada.subject
    assert row.client == service_rp.client_id
    assert walk(browser, page.address).status == 200


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}]
)
def test_AZ_22_prefetch_request_gets_no_code(
    rp: RelyingParty, browser: FlaskClient, headers: dict[str, str]
) -> None:
    response = browser.get(rp.request(), headers=headers)
    assert response.status_code == 403
    assert browser.head(rp.request()).status_code in {200, 403}
    assert codes() == 0


def test_CS_06_authorize_sends_no_cors_headers(
    rp: RelyingParty, public_rp: RelyingParty, browser: FlaskClient
) -> None:
    for origin in ("https://spa.example", "https://rp.example", "null"):
        for response in (
            browser.get(rp.request(), headers={"Origin": origin}),
            browser.options("/authorize", headers={"Origin": origin}),
        ):
            assert "Access-Control-Allow-Origin" not in response.headers
    preflight = {"Origin": "https://spa.example", "Access-Control-Request-Method": "POST"}
    for path in ("/token", "/par", "/revoke", "/userinfo"):
        allowed = browser.options(path, headers=preflight)
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://spa.example"
        assert "Access-Control-Allow-Credentials" not in allowed.headers
    for origin in ("null", "https://rp.example", "https://evil.example"):
        refused = browser.options("/token", headers={**preflight, "Origin": origin})
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert browser.get("/jwks").headers["Access-Control-Allow-Origin"] == "*"


def test_AZ_21_page_without_access_redirects_nowhere(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.doors = []
    response = browser.get(service_rp.request())
    assert response.status_code == 303
    shown = browser.get(response.headers["Location"])
    assert shown.status_code == 200
    assert Walker(browser).get(response.headers["Location"]).status == 200
