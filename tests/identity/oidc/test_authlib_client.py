"""An independent client signs in: Authlib's, against served processes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from approvals.settings import Settings
from tests.identity.oidc.foreign_client import CALLBACK, sign_in
from tests.identity.oidc.relying_party import register
from tests.identity.oidc.served import serving
from tests.identity.people import Person

pytestmark = pytest.mark.usefixtures("processes")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_authlib_signs_in_refreshes_and_revokes(
    provider: Flask, app_settings: Settings, ada: Person, method: str
) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k1"})
    by_key = {"jwks": {"keys": [key.as_dict(private=False)]}} if method == "private_key_jwt" else {}
    registered = register(
        redirect_uris=[CALLBACK],
        token_endpoint_auth_method=method,
        id_token_signed_response_alg="ES256",
        **by_key,
    )
    with ExitStack() as stack:
        served = stack.enter_context(serving(app_settings, workers=2))
        browser = stack.enter_context(httpx.Client(timeout=60))
        metadata = browser.get(f"{served.issuer}/.well-known/openid-configuration").json()
        client = stack.enter_context(
            OAuth2Session(
                registered["client_id"],
                key if by_key else registered["client_secret"],
                token_endpoint_auth_method=method,
                revocation_endpoint_auth_method=method,
                scope="openid profile offline_access",
                redirect_uri=CALLBACK,
                code_challenge_method="S256",
                token_endpoint=metadata["token_endpoint"],
                default_timeout=60,
            )
        )
        if by_key:
            client.register_client_auth_method(
                PrivateKeyJWT(metadata["token_endpoint"], alg="ES256")
            )
        verifier, nonce = generate_token(48), generate_token()
        address, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        token: dict[str, Any] = client.fetch_token(
            authorization_response=sign_in(browser, address, ada),
            state=state,
            code_verifier=verifier,
        )
        keys = KeySet.import_key_set(browser.get(metadata["jwks_uri"]).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=["ES256"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": registered["client_id"]},
            },
            params={
                "nonce": nonce,
                "client_id": registered["client_id"],
                "access_token": token["access_token"],
            },
        )
        claims.validate()
        userinfo = client.get(metadata["userinfo_endpoint"]).json()
        refreshed = client.refresh_token(metadata["token_endpoint"])
        about = client.introspect_token(
            metadata["introspection_endpoint"], token=refreshed["access_token"]
        ).json()
        left = client.revoke_token(
            metadata["revocation_endpoint"], token=refreshed["refresh_token"]
        )
        assert left.status_code == 200
        with pytest.raises(OAuthError) as refused:
            client.refresh_token(
                metadata["token_endpoint"], refresh_token=refreshed["refresh_token"]
            )
    assert claims["sub"] == userinfo["sub"] == ada.subject
    assert about["active"] is True
    assert refused.value.error == "invalid_grant"
