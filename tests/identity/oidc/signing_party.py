"""A relying party that signs: assertions, request objects and DPoP proofs with keys of its own."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask.testing import FlaskClient
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from werkzeug.test import TestResponse

from tests.identity.oidc.relying_party import ISSUER, RelyingParty, register

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Key = ECKey | OKPKey | RSAKey


def now() -> int:
    return int(time.time())


@dataclass(frozen=True)
class FromNow:
    """A moment so many seconds after the token is made."""

    seconds: int


def sign(claims: dict[str, Any], key: Key, *, alg: str = "ES256", **header: Any) -> str:
    """Sign with any header, also one that a library would refuse to write."""
    said = {
        name: now() + value.seconds if isinstance(value, FromNow) else value
        for name, value in claims.items()
    }
    parts = [segment(json.dumps(part).encode()) for part in ({"alg": alg, **header}, said)]
    text = ".".join(parts)
    return f"{text}.{segment(JWSRegistry.algorithms[alg].sign(text.encode(), key))}"


def segment(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()


class SigningParty(RelyingParty):
    """A client with private_key_jwt; by default of profile fapi2."""

    def __init__(self, http: FlaskClient, **metadata: Any) -> None:
        self.key = ECKey.generate_key("P-256")
        self.proof_key = ECKey.generate_key("P-256")
        public = self.key.as_dict(private=False) | {"use": "sig", "kid": "k1"}
        asked = {
            "profile": "fapi2",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [public]},
            **metadata,
        }
        super().__init__(http, register(**asked))

    def assertion(self, *, key: Key | None = None, alg: str = "ES256", **changes: Any) -> str:
        """None leaves a claim out."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "iat": now(),
            "exp": now() + 60,
            "jti": secrets.token_urlsafe(16),
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(kept, key or self.key, alg=alg, kid="k1")

    def proof(
        self,
        path: str,
        *,
        method: str = "POST",
        key: Key | None = None,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        made_with = key or self.proof_key
        claims = {
            "htm": method,
            "htu": ISSUER + path,
            "iat": now(),
            "jti": secrets.token_urlsafe(16),
            **({"ath": digest(token)} if token is not None else {}),
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        members = {"typ": "dpop+jwt", "jwk": made_with.as_dict(private=False), **(header or {})}
        kept_header = {name: value for name, value in members.items() if value is not None}
        return sign(kept, made_with, **kept_header)

    def post(self, path: str, data: dict[str, str], **keywords: Any) -> TestResponse:
        """With an assertion, and a proof unless one is given."""
        headers = {"DPoP": self.proof(path), **keywords.pop("headers", {})}
        kept = {name: value for name, value in headers.items() if value is not None}
        proving = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
            "client_id": self.client_id,
        }
        return self.http.post(path, data=proving | data, headers=kept, **keywords)

    def parameters(self, **changes: str | None) -> dict[str, str]:
        parameters: dict[str, str | None] = {
            "redirect_uri": self.registration["redirect_uris"][0],
            "response_type": "code",
            "scope": "openid profile offline_access",
            "state": "st-1",
            "nonce": "n-1",
            "code_challenge": self.verifier.challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def push(self, **changes: str | None) -> TestResponse:
        return self.post("/par", self.parameters(**changes))

    def push_signed(self, request_object: str, **beside: str) -> TestResponse:
        return self.post("/par", {"request": request_object, **beside})

    def request(self, **changes: str | None) -> str:
        response = self.push(**changes)
        assert response.status_code == 201, response.get_data(as_text=True)
        return self.with_uri(response.get_json()["request_uri"])

    def with_uri(self, request_uri: str, **more: str) -> str:
        query = {"client_id": self.client_id, "request_uri": request_uri, **more}
        return f"/authorize?{urlencode(query, quote_via=quote)}"

    def request_object(self, *, key: Key | None = None, alg: str = "ES256", **changes: Any) -> str:
        claims = {
            "iss": self.client_id,
            "aud": ISSUER,
            "nbf": now(),
            "exp": now() + 300,
            "client_id": self.client_id,
            **self.parameters(),
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return sign(kept, key or self.key, alg=alg, typ="oauth-authz-req+jwt", kid="k1")

    def userinfo(self, access_token: str, **headers: str | None) -> TestResponse:
        members = {
            "Authorization": f"DPoP {access_token}",
            "DPoP": self.proof("/userinfo", method="GET", token=access_token),
            **headers,
        }
        kept = {name: value for name, value in members.items() if value is not None}
        return self.http.get("/userinfo", headers=kept)


def digest(token: str) -> str:
    return segment(hashlib.sha256(token.encode()).digest())
