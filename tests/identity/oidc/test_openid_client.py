"""An independent client signs in: npm's openid-client, against served processes."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from joserfc.jwk import ECKey

from approvals.settings import Settings
from tests.conftest import settings
from tests.identity.oidc.foreign_client import CALLBACK, foreign_client, sign_in
from tests.identity.oidc.relying_party import register
from tests.identity.oidc.served import serving
from tests.identity.oidc.tls import tls_proxy
from tests.identity.people import Person
from tests.servers import ports

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """The service that is told listens on the loopback."""
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


@pytest.mark.parametrize(
    ("tls", "registration"),
    [
        (False, {"token_endpoint_auth_method": "client_secret_basic"}),
        (False, {"token_endpoint_auth_method": "none", "id_token_signed_response_alg": "ES256"}),
        (True, {"token_endpoint_auth_method": "client_secret_post"}),
    ],
    ids=["basic", "public", "post-behind-tls"],
)
def test_openid_client_signs_in_refreshes_revokes_and_leaves(
    provider: Flask,
    app_settings: Settings,
    ada: Person,
    tmp_path: Path,
    tls: bool,
    registration: dict[str, Any],
) -> None:
    registered = register(
        redirect_uris=[CALLBACK], post_logout_redirect_uris=[f"{CALLBACK}/bye"], **registration
    )
    with ExitStack() as stack:
        target = [0]
        proxy = stack.enter_context(tls_proxy(tmp_path, target)) if tls else None
        issuer = proxy.issuer if proxy else None
        served = stack.enter_context(serving(app_settings, workers=2, issuer=issuer))
        target[0] = served.port
        authority = proxy.authority if proxy else None
        verify = ssl.create_default_context(cafile=authority) if authority else True
        browser = stack.enter_context(httpx.Client(verify=verify, timeout=60))
        order = {
            "issuer": served.issuer,
            "client_id": registered["client_id"],
            "secret": registered.get("client_secret"),
            "method": registered["token_endpoint_auth_method"],
            "id_token_alg": registered["id_token_signed_response_alg"],
            "redirect_uri": CALLBACK,
            "scope": "openid profile email offline_access",
            "goodbye": f"{CALLBACK}/bye",
        }
        client = stack.enter_context(foreign_client("openid_client.mjs", order, authority))
        callback = sign_in(browser, client.answer()["address"], ada)
        client.tell({"callback": callback})
        result = client.answer()
        cookies = {cookie.name: cookie for cookie in browser.cookies.jar}
        left = browser.get(result["goodbye"])
    assert result["claims"]["sub"] == result["userinfo"]["sub"] == ada.subject
    assert result["userinfo"]["email"] == ada.email
    assert result["refreshed"]["auth_time"] == result["claims"]["auth_time"]
    assert result["refused"] == "invalid_grant"
    if registered.get("client_secret"):
        assert result["before"]["active"] is True
        assert result["after"]["active"] is False
        assert result["own"]["token_type"].lower() == "bearer"
    assert left.headers["Location"] == f"{CALLBACK}/bye?state=bye"
    named = "__Host-secure-access-session" if tls else "secure_access_session"
    assert cookies[named].secure is tls


@pytest.mark.parametrize("signed", [False, True], ids=["security-profile", "message-signing"])
def test_openid_client_signs_in_with_fapi2_and_receives_the_sign_out(
    provider: Flask, app_settings: Settings, ada: Person, signed: bool
) -> None:
    key, told_at = ECKey.generate_key("P-256"), ports.free_port()
    more: dict[str, Any] = {
        "require_signed_request_object": True,
        "authorization_signed_response_alg": "ES256",
    }
    registered = register(
        profile="fapi2",
        redirect_uris=[CALLBACK],
        backchannel_logout_uri=f"http://127.0.0.1:{told_at}/told",
        jwks={"keys": [{**key.as_dict(private=False), "kid": "k1"}]},
        **(more if signed else {}),
    )
    with ExitStack() as stack:
        served = stack.enter_context(
            serving(app_settings, workers=2, SECURE_ACCESS_OUTBOUND_NETWORKS="127.0.0.0/8")
        )
        browser = stack.enter_context(httpx.Client(timeout=60))
        order = {
            "issuer": served.issuer,
            "client_id": registered["client_id"],
            "key": {**key.as_dict(private=True), "kid": "k1"},
            "id_token_alg": registered["id_token_signed_response_alg"],
            "redirect_uri": CALLBACK,
            "scope": "openid profile email offline_access",
            "signed": signed,
            "told_at": told_at,
        }
        client = stack.enter_context(foreign_client("openid_client_fapi.mjs", order))
        client.tell({"callback": sign_in(browser, client.answer()["address"], ada)})
        result = client.answer()
        hint = {"id_token_hint": result["id_token"]}
        assert browser.get(f"{served.issuer}/end-session", params=hint).is_redirect
        served.do_jobs()
        heard = client.answer()
    assert heard["typ"] == "logout+jwt"
    assert heard["told"]["sid"] == result["claims"]["sid"]
    assert result["claims"]["sub"] == result["userinfo"]["sub"] == ada.subject
    assert result["token_type"].lower() == "dpop"
    assert result["rotated"] is False
    assert result["inspected"]["cnf"]["jkt"]
    assert result["after"]["active"] is False
    expected = {"response"} if signed else {"code", "state", "iss"}
    assert set(result["parameters"]) == expected
