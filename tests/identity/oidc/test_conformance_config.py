"""OpenID Foundation conformance, plan Config OP, and what the other plans read in discovery."""

from __future__ import annotations

from typing import Any

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import KeySet

from identity.oidc.keys.states import ALGS
from tests.identity.oidc.relying_party import ISSUER

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def metadata(provider: Flask, stranger: FlaskClient) -> dict[str, Any]:
    response = stranger.get("/.well-known/openid-configuration")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    body: dict[str, Any] = response.get_json()
    return body


def test_oidcc_discovery_endpoint_verification(metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == ISSUER
    assert "openid" in metadata["scopes_supported"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["request_object_signing_alg_values_supported"]
    assert metadata["ui_locales_supported"] == ["en-GB"]
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["authorization_response_iss_parameter_supported"] is True


def test_oauth_metadata_equals_openid_metadata(
    metadata: dict[str, Any], stranger: FlaskClient
) -> None:
    response = stranger.get("/.well-known/oauth-authorization-server")
    assert response.get_json() == metadata
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_metadata_is_valid_for_authlib(metadata: dict[str, Any]) -> None:
    secure = {
        name: value.replace("http://localhost:8000", "https://issuer.example")
        if isinstance(value, str)
        else value
        for name, value in metadata.items()
    }
    OpenIDProviderMetadata(secure).validate()


def test_metadata_addresses_are_all_of_the_issuer(metadata: dict[str, Any]) -> None:
    addresses = [
        value
        for name, value in metadata.items()
        if name.endswith("_endpoint") or name == "jwks_uri"
    ]
    assert len(addresses) == 9
    assert all(address.startswith(f"{ISSUER}/") for address in addresses)


def test_metadata_addresses_are_all_served(metadata: dict[str, Any], stranger: FlaskClient) -> None:
    for name, value in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = value.removeprefix(ISSUER)
            assert {stranger.get(path).status_code, stranger.post(path).status_code} != {404}


def test_oidcc_server_jwks(provider: Flask, stranger: FlaskClient) -> None:
    response = stranger.get("/jwks")
    assert "max-age=60" in response.headers["Cache-Control"]
    keys = response.get_json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) == 2 * len(ALGS)
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in keys)
    assert all(key["use"] == "sig" for key in keys)
    KeySet.import_key_set(response.get_json())
