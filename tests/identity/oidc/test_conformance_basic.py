"""OpenID Foundation conformance, plan Basic OP: one test for each module, under its name."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import ISSUER, RelyingParty, answer, arrived, register, walk
from tests.identity.people import Person, make_person, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def rp(provider: Flask) -> RelyingParty:
    """As the suite registers it: confidential, without PKCE."""
    registration = register(client_name="Suite", require_pkce=False)
    return RelyingParty(provider.test_client(), registration)


def plain(rp: RelyingParty, browser: FlaskClient, **changes: str | None) -> dict[str, str]:
    """An authorization request without PKCE, answered without a question."""
    return rp.authorize(
        browser, **{"code_challenge": None, "code_challenge_method": None, **changes}
    )


def tokens(rp: RelyingParty, browser: FlaskClient, **changes: str | None) -> dict[str, str]:
    response = rp.redeem(plain(rp, browser, **changes)["code"], code_verifier=None)
    assert response.status_code == 200, response.get_data(as_text=True)
    return dict(response.get_json())


def through_the_pages(
    rp: RelyingParty, browser: FlaskClient, person: Person, **changes: str | None
) -> dict[str, str]:
    """The whole journey: sign-in page, code page, back to the relying party."""
    address = rp.request(**{"code_challenge": None, "code_challenge_method": None, **changes})
    page = walk(browser, address)
    assert page.form("sign-in").values.keys() >= {"email", "password"}
    page = page.submit("sign-in", email=person.email, password=person.password)
    page = page.submit("sign-in", code=person.code(), follow=False)
    back = browser.get(page.response.headers["Location"])
    page.address = back.headers["Location"]
    return arrived(page)


def test_oidcc_server(rp: RelyingParty, stranger: FlaskClient, ada: Person) -> None:
    told = through_the_pages(rp, stranger, ada)
    response = rp.redeem(told["code"], code_verifier=None)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "application/json"
    claims = rp.verified(response.get_json()["id_token"])
    assert claims["iss"] == ISSUER
    assert claims["aud"] == rp.client_id
    assert abs(claims["iat"] - time.time()) < 300
    assert len(claims["sub"]) <= 255
    assert claims["sub"].isascii()


def test_oidcc_response_type_missing(rp: RelyingParty, browser: FlaskClient) -> None:
    told = plain(rp, browser, response_type=None)
    assert told["error"] == "invalid_request"
    assert set(told) <= {"error", "error_description", "error_uri", "state", "iss"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_oidcc_userinfo_get(
    rp: RelyingParty, browser: FlaskClient, ada: Person, scheme: str
) -> None:
    given = tokens(rp, browser)
    response = rp.http.get(
        "/userinfo", headers={"Authorization": f"{scheme} {given['access_token']}"}
    )
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.get_json()["sub"] == rp.verified(given["id_token"])["sub"] == ada.subject


def test_oidcc_userinfo_post_header(rp: RelyingParty, browser: FlaskClient, ada: Person) -> None:
    given = tokens(rp, browser)
    response = rp.http.post(
        "/userinfo", headers={"Authorization": f"Bearer {given['access_token']}"}
    )
    assert response.get_json()["sub"] == ada.subject


def test_oidcc_userinfo_post_body(rp: RelyingParty, browser: FlaskClient, ada: Person) -> None:
    given = tokens(rp, browser)
    response = rp.http.post("/userinfo", data={"access_token": given["access_token"]})
    assert response.get_json()["sub"] == ada.subject


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    assert "nonce" not in rp.verified(tokens(rp, browser, nonce=None)["id_token"])


def test_oidcc_scope_profile(rp: RelyingParty, browser: FlaskClient) -> None:
    given = tokens(rp, browser, scope="openid profile")
    info = rp.userinfo(given["access_token"]).get_json()
    assert info["name"] == "Ada Byron"
    assert info["given_name"] == "Ada"
    assert info["family_name"] == "Byron"
    assert isinstance(info["updated_at"], int)
    assert "email" not in info


def test_oidcc_scope_email(rp: RelyingParty, browser: FlaskClient) -> None:
    given = tokens(rp, browser, scope="openid email")
    info = rp.userinfo(given["access_token"]).get_json()
    assert info["email"] == "ada@school.example"
    assert info["email_verified"] is True
    assert "name" not in info


def test_userinfo_omits_claims_without_a_value(rp: RelyingParty, provider: Flask) -> None:
    browser = signed_in_browser(provider, make_person("cher@school.example", "Cher", ""))
    info = rp.userinfo(tokens(rp, browser)["access_token"]).get_json()
    assert info["name"] == info["given_name"] == "Cher"
    assert "family_name" not in info
    assert not {None, "", "null"} & set(info.values())


def test_authorize_returns_long_nonce_and_state_unchanged(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    nonce, state = "n" * 384, "s" * 2000
    told = plain(rp, browser, nonce=nonce, state=state)
    assert told["state"] == state
    response = rp.redeem(told["code"], code_verifier=None)
    assert rp.verified(response.get_json()["id_token"])["nonce"] == nonce


@pytest.mark.parametrize("scope", ["address", "phone"])
def test_oidcc_scope_address_and_phone_are_not_announced(
    rp: RelyingParty, browser: FlaskClient, scope: str
) -> None:
    metadata = rp.http.get("/.well-known/openid-configuration").get_json()
    assert scope not in metadata["scopes_supported"]
    assert tokens(rp, browser, scope=f"openid {scope}")["scope"] == "openid"


def test_oidcc_scope_all(rp: RelyingParty, browser: FlaskClient) -> None:
    given = tokens(rp, browser, scope="openid profile email offline_access")
    info = rp.userinfo(given["access_token"]).get_json()
    assert {"sub", "name", "email"} <= info.keys()
    assert not any(value in ("", "null", None) for value in info.values())


def test_oidcc_ensure_other_scope_order_succeeds(rp: RelyingParty, browser: FlaskClient) -> None:
    assert "id_token" in tokens(rp, browser, scope="email openid")


@pytest.mark.parametrize("display", ["page", "popup"])
def test_oidcc_display_page_and_popup(rp: RelyingParty, browser: FlaskClient, display: str) -> None:
    assert "code" in plain(rp, browser, display=display)


def test_oidcc_prompt_login(provider: Flask, rp: RelyingParty, ada: Person) -> None:
    browser = signed_in_browser(provider, ada, age=timedelta(minutes=2))
    first = rp.verified(tokens(rp, browser)["id_token"])
    told = through_the_pages(rp, browser, ada, prompt="login")
    second = rp.verified(rp.redeem(told["code"], code_verifier=None).get_json()["id_token"])
    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_oidcc_prompt_none_not_logged_in(rp: RelyingParty, stranger: FlaskClient) -> None:
    state = "s" * 128
    told = plain(rp, stranger, prompt="none", state=state)
    assert told["error"] == "login_required"
    assert told["state"] == state


def test_oidcc_prompt_none_logged_in(rp: RelyingParty, browser: FlaskClient) -> None:
    first = rp.verified(tokens(rp, browser)["id_token"])
    second = rp.verified(tokens(rp, browser, prompt="none")["id_token"])
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])


def test_oidcc_max_age_1(provider: Flask, rp: RelyingParty, ada: Person) -> None:
    browser = signed_in_browser(provider, ada, age=timedelta(seconds=3))
    first = rp.verified(tokens(rp, browser)["id_token"])
    told = through_the_pages(rp, browser, ada, max_age="1")
    second = rp.verified(rp.redeem(told["code"], code_verifier=None).get_json()["id_token"])
    assert second["auth_time"] > first["auth_time"]
    assert time.time() - second["auth_time"] < 10


def test_oidcc_max_age_10000(rp: RelyingParty, browser: FlaskClient) -> None:
    first = rp.verified(tokens(rp, browser)["id_token"])
    second = rp.verified(tokens(rp, browser, max_age="10000")["id_token"])
    assert first["auth_time"] == second["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    assert "code" in plain(rp, browser, extra="foobar")


def test_oidcc_id_token_hint(rp: RelyingParty, browser: FlaskClient) -> None:
    hint = tokens(rp, browser)["id_token"]
    second = tokens(rp, browser, prompt="none", id_token_hint=hint)
    assert rp.verified(second["id_token"])["sub"] == rp.verified(hint)["sub"]


def test_oidcc_login_hint(rp: RelyingParty, stranger: FlaskClient) -> None:
    page = walk(
        stranger,
        rp.request(
            code_challenge=None, code_challenge_method=None, login_hint="bob@school.example"
        ),
    )
    assert page.form("sign-in").values["email"] == "bob@school.example"


@pytest.mark.parametrize("parameter", ["ui_locales", "claims_locales"])
def test_oidcc_ui_locales_and_claims_locales(
    rp: RelyingParty, browser: FlaskClient, parameter: str
) -> None:
    assert "code" in plain(rp, browser, **{parameter: "se"})


def test_oidcc_ensure_request_with_acr_values_succeeds(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    supported = rp.http.get("/.well-known/openid-configuration").get_json()["acr_values_supported"]
    given = tokens(rp, browser, acr_values=" ".join(supported))
    assert rp.verified(given["id_token"])["acr"] in supported


def test_oidcc_codereuse(rp: RelyingParty, browser: FlaskClient) -> None:
    code = plain(rp, browser)["code"]
    first = rp.redeem(code, code_verifier=None)
    second = rp.redeem(code, code_verifier=None)
    assert second.status_code == 400
    assert second.get_json()["error"] == "invalid_grant"
    assert rp.userinfo(first.get_json()["access_token"]).status_code == 401


def test_oidcc_codereuse_30seconds(rp: RelyingParty, browser: FlaskClient) -> None:
    code = plain(rp, browser)["code"]
    assert rp.redeem(code, code_verifier=None).status_code == 200
    with time_machine.travel(now() + timedelta(seconds=31)):
        second = rp.redeem(code, code_verifier=None)
    assert second.get_json()["error"] == "invalid_grant"


def test_oidcc_ensure_registered_redirect_uri(rp: RelyingParty, browser: FlaskClient) -> None:
    response = browser.get(rp.request(redirect_uri="https://rp.example/callback/elsewhere"))
    assert response.status_code == 400
    assert "Location" not in response.headers


def test_oidcc_server_client_secret_post(other_rp: RelyingParty, browser: FlaskClient) -> None:
    response = browser.get(other_rp.request())
    address = urlsplit(response.headers["Location"])
    assert dict(parse_qsl(address.query)).items() >= {"dummy1": "lorem", "dummy2": "ipsum"}.items()
    assert other_rp.redeem(answer(response)["code"]).status_code == 200


@pytest.mark.parametrize(
    ("parameter", "error"),
    [
        ("request", "invalid_request_object"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ],
)
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    rp: RelyingParty, browser: FlaskClient, parameter: str, error: str
) -> None:
    assert plain(rp, browser, **{parameter: "eyJhbGciOiJub25lIn0.e30."})["error"] == error


def test_oidcc_claims_essential(rp: RelyingParty, browser: FlaskClient) -> None:
    wanted = json.dumps({"userinfo": {"name": {"essential": True}}})
    given = tokens(rp, browser, scope="openid", claims=wanted)
    assert rp.userinfo(given["access_token"]).get_json()["name"] == "Ada Byron"
    assert "name" not in rp.verified(given["id_token"])


def test_oidcc_ensure_request_object_with_redirect_uri(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    told = plain(rp, browser, request="eyJhbGciOiJub25lIn0.e30.")
    assert told["error"] == "invalid_request_object"


def test_oidcc_refresh_token(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    first = tokens(rp, browser, scope="openid offline_access")
    refresh_token = first["refresh_token"]
    assert refresh_token.isascii()
    assert len(refresh_token) >= 22
    assert other_rp.refresh(refresh_token).get_json()["error"] == "invalid_grant"
    response = rp.refresh(refresh_token, scope="openid offline_access")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    before, after = (rp.verified(each["id_token"]) for each in (first, dict(response.get_json())))
    for name in ("iss", "sub", "aud", "auth_time"):
        assert before[name] == after[name]
    # One audience, the client itself: `azp` has nothing to add (Core, 2).
    assert "azp" not in before.keys() | after.keys()


def test_oidcc_prompt_consent_is_the_operators_registration(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    told = plain(rp, browser, scope="openid offline_access", prompt="consent")
    assert "code" in told


def test_oidcc_ensure_request_with_valid_pkce_succeeds(
    provider: Flask, browser: FlaskClient
) -> None:
    rp = RelyingParty(provider.test_client(), register(require_pkce=False))
    assert "id_token" in rp.tokens(browser)


def test_oidcc_ensure_post_request_succeeds(rp: RelyingParty, provider: Flask, ada: Person) -> None:
    browser = provider.test_client()
    sign_in(browser, ada)
    address = rp.request(code_challenge=None, code_challenge_method=None)
    fields = dict(parse_qsl(urlsplit(address).query))
    # From another site: the form carries no cookie of ours.
    stored = provider.test_client().post("/authorize", data=fields)
    assert stored.status_code == 303
    assert set(answer(browser.get(stored.headers["Location"]))) >= {"code", "state", "iss"}
