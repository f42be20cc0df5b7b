"""A relying party for tests: knows its registration, builds requests, reads answers."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from werkzeug.test import TestResponse

from identity.oidc.client_administration import actions
from identity.oidc.keys.states import ALGS
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.identity.walking import Page, Walker

ISSUER = "http://localhost:8000"
CALLBACK = "https://rp.example/callback"
FORM = "application/x-www-form-urlencoded"


def register(**metadata: Any) -> dict[str, Any]:
    """A client, by the product's own registration; the response with its secret.

    Each second use of a refresh token counts as theft, unless the metadata has a grace.
    """
    grants = ["authorization_code", "refresh_token"]
    if metadata.get("token_endpoint_auth_method") != "none":
        grants.append("client_credentials")
    asked = {
        "client_name": "Reports",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": ["https://rp.example/bye"],
        "grant_types": grants,
        "refresh_token_grace": 0,
        **metadata,
    }
    return {**actions.register(asked, grant_types=tuple(GRANT_TYPES))}


@dataclass
class Verifier:
    """A PKCE pair."""

    text: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.text.encode()).digest()
        return urlsafe_b64encode(digest).decode()


class RelyingParty:
    """Speaks to the provider's endpoints through a test client of its own."""

    def __init__(self, http: FlaskClient, registration: Mapping[str, Any]) -> None:
        self.http = http
        self.registration = registration
        self.client_id: str = registration["client_id"]
        self.secret: str | None = registration.get("client_secret")
        self.method: str = registration["token_endpoint_auth_method"]
        self.verifier = Verifier()

    def request(self, **changes: str | None) -> str:
        """The address of an authorization request. None leaves a parameter out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.registration["redirect_uris"][0],
            "response_type": "code",
            "scope": "openid profile email",
            "state": "st-1",
            "nonce": "n-1",
            "code_challenge": self.verifier.challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        kept = {name: value for name, value in parameters.items() if value is not None}
        return f"/authorize?{urlencode(kept, quote_via=quote)}"

    def authorize(self, browser: FlaskClient, **changes: str | None) -> dict[str, str]:
        """The answer's parameters, where the browser's person need not be asked anything."""
        return answer(browser.get(self.request(**changes)))

    def code(self, browser: FlaskClient, **changes: str | None) -> str:
        return self.authorize(browser, **changes)["code"]

    def post(self, path: str, data: dict[str, str], **keywords: Any) -> TestResponse:
        """With the client authentication that is registered."""
        headers = dict(keywords.pop("headers", {}))
        if self.method == "client_secret_basic":
            headers["Authorization"] = self.basic()
        else:
            data = {"client_id": self.client_id, **data}
        if self.method == "client_secret_post":
            data["client_secret"] = self.secret or ""
        return self.http.post(path, data=data, headers=headers, **keywords)

    def basic(self, secret: str | None = None) -> str:
        pair = f"{quote(self.client_id)}:{quote(secret or self.secret or '')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def redeeming(self, code: str, **changes: str | None) -> dict[str, str | None]:
        """The form with which the code is redeemed."""
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.registration["redirect_uris"][0],
            "code_verifier": self.verifier.text,
            **changes,
        }

    def redeem(self, code: str, **changes: str | None) -> TestResponse:
        parameters = self.redeeming(code, **changes)
        return self.post("/token", {k: v for k, v in parameters.items() if v is not None})

    def tokens(self, browser: FlaskClient, **changes: str | None) -> dict[str, Any]:
        """A whole flow of a person who is signed in."""
        response = self.redeem(self.code(browser, **changes))
        assert response.status_code == 200, response.get_data(as_text=True)
        body: dict[str, Any] = response.get_json()
        return body

    def refresh(self, refresh_token: str, **more: str) -> TestResponse:
        return self.post(
            "/token", {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}
        )

    def credentials(self, **more: str) -> TestResponse:
        return self.post("/token", {"grant_type": "client_credentials", **more})

    def userinfo(self, access_token: str) -> TestResponse:
        return self.http.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def introspect(self, token: str) -> dict[str, Any]:
        body: dict[str, Any] = self.post("/introspect", {"token": token}).get_json()
        return body

    def verified(self, token: str) -> dict[str, Any]:
        """The claims, after the signature has been checked against the published keys."""
        keys = KeySet.import_key_set(self.http.get("/jwks").get_json())
        with warnings.catch_warnings():
            # The name EdDSA is what verifiers know; joserfc warns of it (RFC 9864).
            warnings.simplefilter("ignore", SecurityWarning)
            claims: dict[str, Any] = jwt.decode(token, keys, algorithms=ALGS).claims
        return claims


def answer(response: TestResponse) -> dict[str, str]:
    """Return the parameters of the redirect to the relying party."""
    assert response.status_code == 303, response.get_data(as_text=True)
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query, keep_blank_values=True))


def arrived(page: Page) -> dict[str, str]:
    """Return the response that a walk brought to the relying party."""
    return dict(parse_qsl(urlsplit(page.address).query, keep_blank_values=True))


def walk(browser: FlaskClient, address: str) -> Page:
    return Walker(browser).get(address)


def header(token: str) -> dict[str, Any]:
    """A token's header, unverified."""
    segment = token.split(".", maxsplit=1)[0]
    decoded: dict[str, Any] = json.loads(urlsafe_b64decode(segment.encode()))
    return decoded
