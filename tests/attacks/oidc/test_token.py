"""Attacks on the token endpoint and what hangs on it: groups TK and RT of the catalogue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from identity.access_termination import end_access
from identity.accounts.models import Account
from identity.oidc.client_administration import actions as clients
from identity.oidc.clients.metadata import InvalidMetadata
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import ISSUER, RelyingParty, header, register
from tests.identity.oidc.rights import Rights, entrance
from tests.identity.oidc.signing_party import SigningParty
from tests.identity.people import Person

API = "https://api.rp.example"
EVERYTHING = "openid profile email offline_access organisation access"


def error(response: Any) -> tuple[int, str]:
    return response.status_code, response.get_json()["error"]


INVALID_GRANT = (400, "invalid_grant")


def test_TK_01_code_used_twice_ends_its_family(rp: RelyingParty, browser: FlaskClient) -> None:
    code = rp.code(browser, scope="openid offline_access")
    first = rp.redeem(code).get_json()
    assert error(rp.redeem(code)) == INVALID_GRANT
    assert rp.userinfo(first["access_token"]).status_code == 401
    assert rp.introspect(first["access_token"]) == {"active": False}
    assert error(rp.refresh(first["refresh_token"])) == INVALID_GRANT
    assert len(audited("token.reused")) == 1


def test_TK_03_code_expires_after_a_minute(rp: RelyingParty, browser: FlaskClient) -> None:
    code = rp.code(browser)
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert error(rp.redeem(code)) == INVALID_GRANT


def test_TK_04_code_is_bound_to_its_client_and_redirect_uri(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    code = rp.code(browser)
    other_rp.verifier = rp.verifier
    assert error(other_rp.redeem(code, redirect_uri="https://rp.example/callback")) == INVALID_GRANT
    assert error(rp.redeem(code, redirect_uri="https://rp.example/other")) == INVALID_GRANT
    assert error(rp.redeem(code, redirect_uri=None)) == INVALID_GRANT
    assert error(rp.redeem("made-up")) == INVALID_GRANT
    assert rp.redeem(code).status_code == 200
    assert len(audited("token.refused")) == 4


@pytest.mark.parametrize("cause", ["suspended", "no entitlement", "terms", "removed", "client"])
def test_TK_05_and_SE_08_token_endpoint_applies_changes_made_after_the_code(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights, ada: Person, cause: str
) -> None:
    code = service_rp.code(browser, scope=EVERYTHING)
    change(cause, rights, ada, service_rp)
    response = service_rp.redeem(code)
    if cause == "client":
        assert error(response) == (401, "invalid_client")
    else:
        assert error(response) == INVALID_GRANT


def change(cause: str, rights: Rights, person: Person, rp: RelyingParty) -> None:
    if cause == "suspended":
        with writing() as session:
            session.get_one(Account, person.account_id).suspended_at = now()
    elif cause == "no entitlement":
        rights.doors = [entrance("oakfield", "Your user group ended.")]
    elif cause == "terms":
        rights.required_terms = {"t2"}
    elif cause == "removed":
        with writing():
            end_access(person.account_id, cause="removed", organisation="oakfield")
    else:
        clients.disable(rp.client_id)


def test_TK_06_token_endpoint_accepts_forms_only(rp: RelyingParty, browser: FlaskClient) -> None:
    code = rp.code(browser)
    good = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://rp.example/callback",
        "code_verifier": rp.verifier.text,
    }
    headers = {"Authorization": rp.basic()}
    attempts = {
        "GET": rp.http.get("/token", query_string=good, headers=headers),
        "JSON": rp.http.post("/token", json=good, headers=headers),
        "query": rp.http.post("/token", query_string=good, data={"x": "y"}, headers=headers),
        "multipart": rp.http.post(
            "/token", data=good, headers=headers, content_type="multipart/form-data"
        ),
        "twice": rp.http.post("/token", data={**good, "code": [code, code]}, headers=headers),
        "no body": rp.http.post("/token", headers=headers),
        "PUT": rp.http.put("/token", data=good, headers=headers),
    }
    for way, response in attempts.items():
        assert response.status_code in {400, 405, 415}, way
        assert "access_token" not in response.get_data(as_text=True), way
        assert response.mimetype == "application/json", way
    assert rp.redeem(code).status_code == 200


def test_TK_07_token_endpoint_refuses_other_grant_types(provider: Flask, rp: RelyingParty) -> None:
    device = "urn:ietf:params:oauth:grant-type:device_code"
    for grant_type in ("password", "implicit", "unknown", device):
        response = rp.post("/token", {"grant_type": grant_type, "username": "a", "password": "b"})
        assert error(response) == (400, "unsupported_grant_type")
    assert error(rp.post("/token", {"code": "x"})) == (400, "invalid_request")
    narrow = RelyingParty(provider.test_client(), register(grant_types=["authorization_code"]))
    assert error(narrow.credentials()) == (400, "unauthorized_client")
    assert error(narrow.refresh("x")) == (400, "unauthorized_client")


def test_TK_08_token_endpoint_responses_are_not_cached_and_set_no_cookie(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    for response in (rp.redeem(rp.code(browser)), rp.redeem("x"), rp.http.post("/token")):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.mimetype == "application/json"
        assert "Set-Cookie" not in response.headers


def test_TK_09_access_token_is_accepted_by_its_audience_only(
    service_rp: RelyingParty, browser: FlaskClient
) -> None:
    code = service_rp.code(browser, scope=EVERYTHING, resource=API)
    tokens = service_rp.redeem(code, resource=API).get_json()
    claims = service_rp.verified(tokens["access_token"])
    assert claims["aud"] == API
    assert header(tokens["access_token"])["typ"] == "at+jwt"
    assert service_rp.userinfo(tokens["access_token"]).status_code == 401
    plain = service_rp.refresh(tokens["refresh_token"]).get_json()
    assert service_rp.verified(plain["access_token"])["aud"] == ISSUER
    assert service_rp.userinfo(plain["access_token"]).status_code == 200


def test_TK_09_token_endpoint_refuses_several_or_unregistered_resources(
    service_rp: RelyingParty, browser: FlaskClient
) -> None:
    evil = "https://evil.example"
    assert service_rp.authorize(browser, resource=evil)["error"] == "invalid_target"
    code = service_rp.code(browser)
    assert error(service_rp.redeem(code, resource=evil)) == (400, "invalid_target")
    both = service_rp.post(
        "/token",
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://rp.example/callback",
            "code_verifier": service_rp.verifier.text,
            "resource": [API, ISSUER],  # type: ignore[dict-item]  # werkzeug sends it twice
        },
    )
    assert error(both) == (400, "invalid_target")
    assert service_rp.redeem(code, resource=API).status_code == 200


def test_TK_10_client_credentials_refuses_unregistered_scopes(
    rp: RelyingParty, ada: Person
) -> None:
    for scope in ("openid", "access", "no-such", "remits:read openid"):
        assert error(rp.credentials(scope=scope)) == (400, "invalid_scope")
    tokens = rp.credentials().get_json()
    claims = rp.verified(tokens["access_token"])
    assert claims["sub"] == claims["client_id"] == rp.client_id != ada.subject
    assert rp.client_id.startswith("client-")
    assert "refresh_token" not in tokens
    assert "id_token" not in tokens
    assert "scope" not in tokens | claims
    assert rp.userinfo(tokens["access_token"]).status_code == 403


def test_TK_11_introspection_by_another_client_is_inactive(
    rp: RelyingParty, other_rp: RelyingParty, public_rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = rp.tokens(browser, scope="openid offline_access")
    for text in (tokens["access_token"], tokens["refresh_token"]):
        assert rp.introspect(text)["active"] is True
        assert other_rp.introspect(text) == {"active": False}
        assert other_rp.post("/revoke", {"token": text}).status_code == 200
        assert rp.introspect(text)["active"] is True
        assert error(public_rp.post("/introspect", {"token": text})) == (401, "invalid_client")
        nobody = rp.http.post("/introspect", data={"token": text})
        assert error(nobody) == (401, "invalid_client")
        assert nobody.headers["WWW-Authenticate"].startswith("Basic")


def test_TK_11_introspection_answers_the_client_of_the_audience(
    provider: Flask, service_rp: RelyingParty, browser: FlaskClient
) -> None:
    api = RelyingParty(
        provider.test_client(),
        register(
            client_name="API", grant_types=["client_credentials"], resources=[API], redirect_uris=[]
        ),
    )
    code = service_rp.code(browser, resource=API)
    token = service_rp.redeem(code, resource=API).get_json()["access_token"]
    assert api.introspect(token)["active"] is True
    assert api.post("/revoke", {"token": token}).status_code == 200
    assert service_rp.introspect(token)["active"] is True
    at_issuer = service_rp.tokens(browser)["access_token"]
    assert api.introspect(at_issuer) == {"active": False}


def test_TK_11_client_cannot_register_the_provider_as_its_resource(provider: Flask) -> None:
    for resource in (ISSUER, f"{ISSUER}/api/remit"):
        with pytest.raises(InvalidMetadata):
            register(resources=[resource])


def test_TK_11_revocation_ends_access_and_refresh_tokens(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = rp.tokens(browser)
    assert rp.post("/revoke", {"token": tokens["access_token"]}).status_code == 200
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert rp.introspect(tokens["access_token"]) == {"active": False}
    second = rp.refresh(tokens["refresh_token"]).get_json()
    assert rp.userinfo(second["access_token"]).status_code == 200
    assert rp.post("/revoke", {"token": second["refresh_token"]}).status_code == 200
    assert rp.userinfo(second["access_token"]).status_code == 401
    assert error(rp.refresh(second["refresh_token"])) == INVALID_GRANT
    assert rp.post("/revoke", {"token": "unknown"}).status_code == 200
    assert len(audited("token.revoked")) == 2


def test_TK_13_changed_access_token_is_refused(rp: RelyingParty, browser: FlaskClient) -> None:
    token = rp.tokens(browser)["access_token"]
    last = "A" if token[-1] != "A" else "B"
    sibling = chr(ord(token[-1]) ^ 1) if token[-1].isalnum() else last
    changed = [
        token[:-1],
        token[:-1] + last,
        token[:-1] + sibling,
        token[:40] + ("x" if token[40] != "x" else "y") + token[41:],
        token.swapcase(),
        token + "=",
        token + "==",
        token + "x",
        token.replace(".", ".."),
        ".".join(token.split(".")[:2]) + ".",
    ]
    for text in changed:
        assert rp.userinfo(text).status_code == 401, text
        assert rp.introspect(text) == {"active": False}, text
    assert rp.userinfo(token).status_code == 200


def test_TK_14_userinfo_accepts_one_valid_access_token_in_its_place(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = rp.tokens(browser)
    token = tokens["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert rp.userinfo(tokens["id_token"]).status_code == 401
    assert rp.userinfo(tokens["refresh_token"]).status_code == 401
    assert rp.http.get(f"/userinfo?access_token={token}").status_code == 400
    both = rp.http.post("/userinfo", headers=bearer, data={"access_token": token})
    assert both.status_code == 400
    assert (
        rp.http.get("/userinfo", headers={"Authorization": f"Bearer {token} x"}).status_code == 400
    )
    nothing = rp.http.get("/userinfo")
    assert nothing.status_code == 401
    assert nothing.headers["WWW-Authenticate"] == 'Bearer realm="secure-access"'
    with time_machine.travel(now() + timedelta(seconds=301)):
        expired = rp.userinfo(token)
    assert expired.status_code == 401
    assert 'error="invalid_token"' in expired.headers["WWW-Authenticate"]


def test_TK_14_userinfo_without_openid_is_insufficient_scope(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = rp.tokens(browser, scope="profile")
    assert "id_token" not in tokens
    response = rp.userinfo(tokens["access_token"])
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_TK_16_userinfo_returns_claims_of_registered_scopes_only(
    provider: Flask, browser: FlaskClient
) -> None:
    narrow = RelyingParty(
        provider.test_client(), register(service="reports", scope="openid organisation")
    )
    asked = '{"userinfo": {"capabilities": null, "email": null}, "id_token": {"user_group": null}}'
    tokens = narrow.tokens(browser, scope="openid organisation access email", claims=asked)
    assert tokens["scope"] == "openid organisation"
    seen = [
        narrow.verified(tokens["access_token"]),
        narrow.verified(tokens["id_token"]),
        narrow.userinfo(tokens["access_token"]).get_json(),
    ]
    for claims in seen:
        assert not {"capabilities", "user_group", "email"} & claims.keys()


def test_TK_16_id_token_has_rights_only_where_requested(
    service_rp: RelyingParty, browser: FlaskClient
) -> None:
    asked = '{"id_token": {"capabilities": {"essential": true}, "email": null}}'
    claims = service_rp.verified(
        service_rp.tokens(browser, scope="openid access", claims=asked)["id_token"]
    )
    assert claims["capabilities"] == ["print_reports"]
    assert claims["email"] == "ada@school.example"
    assert "user_group" not in claims


def test_TK_17_oversized_token_request_is_refused_quickly(rp: RelyingParty) -> None:
    big = rp.post("/token", {"grant_type": "client_credentials", "scope": "x" * 10_000_000})
    assert big.status_code in {400, 413}
    many = rp.post("/token", {f"p{number}": "1" for number in range(10_000)})
    assert many.status_code in {400, 413}
    for response in (big, many):
        assert response.mimetype == "application/json"
    assert rp.credentials().status_code == 200


def test_RT_01_reused_refresh_token_ends_the_family(rp: RelyingParty, browser: FlaskClient) -> None:
    first = rp.tokens(browser)
    second = rp.refresh(first["refresh_token"]).get_json()
    assert error(rp.refresh(first["refresh_token"])) == INVALID_GRANT
    assert error(rp.refresh(second["refresh_token"])) == INVALID_GRANT
    for tokens in (first, second):
        assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert len(audited("token.reused")) == 1


def test_RT_04_refresh_token_is_bound_to_its_client_and_granted_scope(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    token = rp.tokens(browser, scope="openid profile")["refresh_token"]
    assert error(other_rp.refresh(token)) == INVALID_GRANT
    assert error(rp.refresh(token, scope="openid email")) == (400, "invalid_scope")
    assert error(rp.refresh(token, scope="no-such")) == (400, "invalid_scope")
    narrowed = rp.refresh(token, scope="openid").get_json()
    assert narrowed["scope"] == "openid"
    assert rp.refresh(narrowed["refresh_token"]).get_json()["scope"] == "openid profile"


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("cause", ["suspended", "no entitlement", "terms", "removed", "client"])
def test_RT_05_and_SE_08_end_of_access_ends_refresh_tokens(
    service_rp: RelyingParty,
    browser: FlaskClient,
    rights: Rights,
    ada: Person,
    cause: str,
    offline: bool,
) -> None:
    scope = EVERYTHING if offline else EVERYTHING.replace(" offline_access", "")
    tokens = service_rp.tokens(browser, scope=scope)
    change(cause, rights, ada, service_rp)
    expected = (401, "invalid_client") if cause == "client" else INVALID_GRANT
    assert error(service_rp.refresh(tokens["refresh_token"])) == expected
    if cause != "terms":
        assert service_rp.userinfo(tokens["access_token"]).status_code == 401


def test_RT_05_sign_out_ends_refresh_tokens_of_the_session(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    bound = rp.tokens(browser, scope="openid")
    offline = rp.tokens(browser, scope="openid offline_access")
    browser.post("/end-session/confirm", data={"sign_out": "yes", "csrf_token": csrf(browser)})
    assert rp.authorize(browser, prompt="none")["error"] == "login_required"
    assert error(rp.refresh(bound["refresh_token"])) == INVALID_GRANT
    assert rp.userinfo(bound["access_token"]).status_code == 401
    assert rp.refresh(offline["refresh_token"]).status_code == 200


def csrf(browser: FlaskClient) -> str:
    page = browser.get("/end-session").get_data(as_text=True)
    return page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]


def test_RT_05_removal_from_one_organisation_leaves_the_other(
    service_rp: RelyingParty, provider: Flask, rights: Rights, ada: Person
) -> None:
    held = {}
    for organisation in ("oakfield", "elmwood"):
        rights.doors = [entrance(organisation)]
        held[organisation] = service_rp.tokens(signed_in_browser(provider, ada), scope=EVERYTHING)
    rights.doors = [entrance("oakfield"), entrance("elmwood")]
    with writing():
        end_access(ada.account_id, cause="removed", organisation="oakfield")
    assert error(service_rp.refresh(held["oakfield"]["refresh_token"])) == INVALID_GRANT
    assert service_rp.refresh(held["elmwood"]["refresh_token"]).status_code == 200


def test_RT_06_refresh_token_ends_at_the_absolute_limit_of_the_session(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    started = now()
    token = rp.tokens(browser, scope="openid")["refresh_token"]
    for hours in (3, 6, 9, 11):
        with time_machine.travel(started + timedelta(hours=hours, minutes=50)):
            token = rp.refresh(token).get_json()["refresh_token"]
    with time_machine.travel(started + timedelta(hours=12)):
        assert error(rp.refresh(token)) == INVALID_GRANT


def test_RT_06_offline_access_ends_30_days_after_use_and_90_after_the_sign_in(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    started = now()
    idle = rp.tokens(browser, scope="openid offline_access")["refresh_token"]
    token = rp.tokens(browser, scope="openid offline_access")["refresh_token"]
    for days in (29, 58, 87):
        with time_machine.travel(started + timedelta(days=days)):
            token = rp.refresh(token).get_json()["refresh_token"]
    with time_machine.travel(started + timedelta(days=31)):
        assert error(rp.refresh(idle)) == INVALID_GRANT
    with time_machine.travel(started + timedelta(days=90)):
        assert error(rp.refresh(token)) == INVALID_GRANT


def test_RT_06_refresh_token_without_rotation_ends_30_days_after_use(
    fapi_rp: SigningParty, browser: FlaskClient
) -> None:
    started = now()
    token = fapi_rp.tokens(browser)["refresh_token"]
    for days in (29, 58, 87):
        with time_machine.travel(started + timedelta(days=days)):
            assert fapi_rp.refresh(token).status_code == 200
    with time_machine.travel(started + timedelta(days=90)):
        assert error(fapi_rp.refresh(token)) == INVALID_GRANT


def test_RT_08_reduced_user_group_shows_at_next_refresh_and_at_once_at_userinfo(
    service_rp: RelyingParty, browser: FlaskClient, rights: Rights
) -> None:
    rights.give("view_pupil_names")
    first = service_rp.tokens(browser, scope=EVERYTHING)
    assert service_rp.verified(first["access_token"])["capabilities"] == ["view_pupil_names"]
    rights.give("print_reports")
    info = service_rp.userinfo(first["access_token"]).get_json()
    assert info["capabilities"] == ["print_reports"]
    second = service_rp.refresh(first["refresh_token"]).get_json()
    assert service_rp.verified(second["access_token"])["capabilities"] == ["print_reports"]
