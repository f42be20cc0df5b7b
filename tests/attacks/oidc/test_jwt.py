"""Attacks with forged, foreign and broken tokens: group JW of the catalogue."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from app.clock import now
from identity.oidc.keys import actions as keys
from identity.oidc.keys.states import State, state
from identity.oidc.keys.store import ring, signing_key
from tests.identity.oidc.relying_party import RelyingParty, header


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text.encode())


@pytest.fixture
def token(rp: RelyingParty, browser: FlaskClient) -> str:
    text: str = rp.tokens(browser)["access_token"]
    return text


@pytest.fixture
def refused(rp: RelyingParty) -> Callable[[str], bool]:
    """Whether no endpoint takes the text for a token, and none breaks over it."""

    def everywhere(text: str) -> bool:
        assert rp.post("/revoke", {"token": text}).status_code == 200
        hinted = rp.http.get("/end-session", query_string={"id_token_hint": text})
        assert hinted.status_code < 500
        headers = {"Authorization": f"Bearer {text}".encode().decode("latin-1")}
        info = rp.http.get("/userinfo", headers=headers).status_code
        return info in {400, 401} and rp.introspect(text) == {"active": False}

    return everywhere


def test_JW_01_token_without_signature_is_refused(
    token: str, refused: Callable[[str], bool]
) -> None:
    _, body, signature = token.split(".")
    for alg in ("none", "None", "NONE", ""):
        assert refused(f"{b64({'alg': alg, 'typ': 'at+jwt'})}.{body}.")
        assert refused(f"{b64({'alg': alg, 'typ': 'at+jwt'})}.{body}.{signature}")
    true_header = token.split(".", maxsplit=1)[0]
    assert refused(f"{true_header}.{body}.")
    assert refused(f"{true_header}.{body}.{b64(bytes(64))}")
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    assert refused(f"{true_header}.{body}.{b64(der)}")


def test_JW_02_token_signed_by_another_key_is_refused(
    rp: RelyingParty, token: str, refused: Callable[[str], bool]
) -> None:
    claims = rp.verified(token)
    stranger = ECKey.generate_key("P-256")
    assert refused(jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, stranger))
    assert refused(
        jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": header(token)["kid"]}, claims, stranger)
    )


def test_JW_02_token_of_a_withdrawn_key_is_refused(
    rp: RelyingParty, token: str, refused: Callable[[str], bool], browser: FlaskClient
) -> None:
    old = header(token)["kid"]
    assert rp.userinfo(token).status_code == 200
    keys.retire(old)
    assert refused(token)
    assert old not in [key["kid"] for key in rp.http.get("/jwks").get_json()["keys"]]
    fresh = rp.tokens(browser)["access_token"]
    assert header(fresh)["kid"] != old
    assert rp.userinfo(fresh).status_code == 200


def test_JW_03_token_signed_with_public_key_as_secret_is_refused(
    rp: RelyingParty, token: str, refused: Callable[[str], bool]
) -> None:
    claims = rp.verified(token)
    for held in ring().keys:
        texts = [
            held.key.as_pem(private=False),
            held.key.as_der(private=False),
            json.dumps(held.public).encode(),
        ]
        for text in texts:
            signed = f"{b64({'alg': 'HS256', 'typ': 'at+jwt', 'kid': held.kid})}.{b64(claims)}"
            mac = hmac.digest(text, signed.encode(), "sha256")
            assert refused(f"{signed}.{b64(mac)}")


def test_JW_04_keys_and_addresses_in_the_header_are_ignored(
    rp: RelyingParty, token: str, refused: Callable[[str], bool]
) -> None:
    claims, own = rp.verified(token), RSAKey.generate_key(2048)
    evil = "http://127.0.0.1:9/keys"
    headers: list[dict[str, Any]] = [
        {"jwk": own.as_dict(private=False)},
        {"jku": evil},
        {"x5u": evil},
        {"x5c": [base64.b64encode(own.as_der(private=False)).decode()]},
        {"kid": "../../dev/null"},
        {"kid": "' OR 1=1 --"},
    ]
    for more in headers:
        body = b64(claims)
        head = b64({"alg": "RS256", "typ": "at+jwt", **more})
        signed = jwt.encode({"alg": "RS256", "typ": "at+jwt"}, claims, own).split(".")
        assert refused(f"{head}.{body}.{signed[2]}")


def test_JW_05_token_with_critical_extension_is_refused(
    token: str, refused: Callable[[str], bool]
) -> None:
    head, body, signature = token.split(".")
    true = json.loads(unb64(head))
    for more in ({"crit": ["x"], "x": 1}, {"crit": ["b64"], "b64": False}, {"b64": False}):
        changed = b64({**true, **more})
        assert refused(f"{changed}.{body}.{signature}")
        key = signing_key("ES256").key
        assert isinstance(key, ECKey)
        assert refused(f"{changed}.{body}.{b64(_sign(key, f'{changed}.{body}'))}")


def _sign(key: ECKey, text: str) -> bytes:
    signature: bytes = JWSRegistry.algorithms["ES256"].sign(text.encode(), key)
    return signature


def test_JW_06_expired_token_is_refused(rp: RelyingParty, token: str) -> None:
    with time_machine.travel(now() + timedelta(seconds=300)):
        assert rp.userinfo(token).status_code == 401
        assert rp.introspect(token) == {"active": False}


def test_JW_07_token_of_another_type_is_refused(
    rp: RelyingParty, browser: FlaskClient, refused: Callable[[str], bool]
) -> None:
    tokens = rp.tokens(browser)
    assert refused(tokens["id_token"])
    told = rp.authorize(browser, id_token_hint=tokens["access_token"])
    assert told["error"] == "invalid_request"


def test_JW_07_id_token_of_another_client_is_refused_as_hint(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = other_rp.tokens(browser)["id_token"]
    assert rp.authorize(browser, id_token_hint=hint)["error"] == "invalid_request"


def test_JW_08_and_JW_09_oversized_and_encrypted_tokens_are_refused_quickly(
    token: str, refused: Callable[[str], bool]
) -> None:
    head, _, signature = token.split(".")
    monsters = [
        "." * 5000,
        "a" * 8000,
        f"{b64({'alg': 'RSA-OAEP', 'enc': 'A128GCM', 'zip': 'DEF'})}.a.b.c.d",
        f"{b64({'alg': 'RSA1_5', 'enc': 'A128CBC-HS256'})}.a.b.c.d",
        f"{head}.{b64(b'[' * 5000)}.{signature}",
        f"{head}..{signature}",
        "é.ü.ß",
        "..",
    ]
    started = time.process_time()
    for text in monsters:
        assert refused(text)
    assert (time.process_time() - started) / len(monsters) < 0.5


def test_JW_11_id_token_has_the_required_claims(rp: RelyingParty, browser: FlaskClient) -> None:
    tokens = rp.tokens(browser, nonce="n" * 64)
    claims = rp.verified(tokens["id_token"])
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == b64(half)
    assert claims["nonce"] == "n" * 64
    assert claims["aud"] == rp.client_id
    assert isinstance(claims["auth_time"], int)
    assert claims["acr"] == "urn:secure-access:aal2"
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert claims["exp"] - claims["iat"] == 300


def test_JW_12_key_is_published_before_and_after_it_signs(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    def published() -> list[str]:
        return [key["kid"] for key in rp.http.get("/jwks").get_json()["keys"]]

    start = now()
    token = rp.tokens(browser)["access_token"]
    old, before = header(token)["kid"], published()
    (scheduled,) = keys.rotate(["ES256"])
    assert scheduled.kid in before
    assert state(scheduled, now()) is State.NEXT
    assert header(rp.credentials().get_json()["access_token"])["kid"] == old
    with time_machine.travel(start + timedelta(seconds=70)):
        assert header(rp.credentials().get_json()["access_token"])["kid"] == scheduled.kid
        assert old in published()
        assert rp.userinfo(token).status_code == 200
        assert len(set(published())) == len(published())
    with time_machine.travel(start + timedelta(minutes=10)):
        assert old not in published()
