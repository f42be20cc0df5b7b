"""Checks of the browser's responses, without pages and database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.refusal import RefusalError
from identity.credentials import webauthn_ceremonies
from identity.credentials.webauthn_ceremonies import (
    RelyingParty,
    check_registration,
    check_signature,
    creation_options,
    named_credential,
    relying_party,
    request_options,
)
from tests.identity.credentials.authenticator import BE, Authenticator, decode, encode

CHALLENGE = encode(b"c" * 32)
MALFORMED = ["", "!", "AAAA", encode(b"[1]"), encode(b'"x"'), encode(b"\xff"), encode(b"[" * 9000)]


@pytest.fixture(autouse=True)
def party(monkeypatch: pytest.MonkeyPatch) -> None:
    found = RelyingParty("localhost", "http://localhost:8000")
    monkeypatch.setattr(webauthn_ceremonies, "relying_party", lambda: found)


def registration(key: Authenticator, challenge: str = CHALLENGE) -> str:
    return key.create(creation_options(challenge, encode(b"h" * 32), "ada@school.example", "", []))


def assertion(key: Authenticator, challenge: str = CHALLENGE) -> str:
    return key.get(request_options(challenge, []))


@pytest.fixture
def key() -> Authenticator:
    return Authenticator()


@pytest.fixture
def public_key(key: Authenticator) -> str:
    return check_registration(registration(key), CHALLENGE).public_key


def test_check_registration_returns_the_credential() -> None:
    key = Authenticator(backup=BE, sign_count=7)
    record = check_registration(registration(key), CHALLENGE)
    assert record.credential_id == encode(key.credential_id)
    assert (record.sign_count, record.backup_eligible, record.backed_up) == (7, True, False)
    assert record.transports == ["internal"], "unknown ones are dropped"


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "http://localhost:8001"},
        {"rp_id": "evil.example"},
        {"verifies": False},
        {"cross_origin": True},
        {"credential_id": b""},
        {"credential_id": b"x" * 1024},
        {"credential_id": b"x" * 65_535},
    ],
)
def test_MF_07_check_registration_refuses_a_forged_response(lie: dict[str, Any]) -> None:
    with pytest.raises(RefusalError):
        check_registration(registration(Authenticator(**lie)), CHALLENGE)


def test_MF_07_check_registration_refuses_another_challenge(key: Authenticator) -> None:
    with pytest.raises(RefusalError):
        check_registration(registration(key), encode(b"d" * 32))


def test_check_signature_accepts_the_credential(key: Authenticator, public_key: str) -> None:
    signed = check_signature(assertion(key), CHALLENGE, public_key)
    assert (signed.sign_count, signed.user_verified) == (1, True)


def test_MF_07_check_signature_refuses_a_registration(key: Authenticator, public_key: str) -> None:
    posted = json.loads(assertion(key))
    client_data = json.loads(decode(posted["response"]["clientDataJSON"]))
    client_data["type"] = "webauthn.create"
    posted["response"]["clientDataJSON"] = encode(json.dumps(client_data).encode())
    with pytest.raises(RefusalError):
        check_signature(json.dumps(posted), CHALLENGE, public_key)


@pytest.mark.parametrize("field", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", [*MALFORMED, None, 1, {}])
def test_MF_07_check_signature_refuses_a_malformed_field(
    key: Authenticator, public_key: str, field: str, value: object
) -> None:
    posted = json.loads(assertion(key))
    posted["response"][field] = value
    with pytest.raises(RefusalError):
        check_signature(json.dumps(posted), CHALLENGE, public_key)


@pytest.mark.parametrize("field", ["clientDataJSON", "attestationObject"])
@pytest.mark.parametrize("value", [*MALFORMED, encode(b"\xa0"), encode(b"\xa3" * 500), None, {}])
def test_MF_07_check_registration_refuses_a_malformed_field(
    key: Authenticator, field: str, value: object
) -> None:
    posted = json.loads(registration(key))
    posted["response"][field] = value
    with pytest.raises(RefusalError):
        check_registration(json.dumps(posted), CHALLENGE)


@pytest.mark.parametrize("length", range(0, 190, 7))
def test_check_registration_refuses_truncated_authenticator_data(
    key: Authenticator, length: int
) -> None:
    posted = json.loads(registration(key))
    whole = decode(posted["response"]["attestationObject"])
    posted["response"]["attestationObject"] = encode(whole[:length])
    with pytest.raises(RefusalError):
        check_registration(json.dumps(posted), CHALLENGE)


@pytest.mark.parametrize("answer", ["", "x", "{}", "[]", "null", "1", "[" * 9000])
def test_responses_that_are_no_credentials_are_refused(answer: str, public_key: str) -> None:
    assert named_credential(answer) == (None, None)
    with pytest.raises(RefusalError):
        check_signature(answer, CHALLENGE, public_key)
    with pytest.raises(RefusalError):
        check_registration(answer, CHALLENGE)


@pytest.mark.parametrize("value", ['"\\u0000"', '"\\ud800"', '"é"', "1", "[]", "{}"])
def test_named_credential_leaves_out_texts_that_no_column_holds(value: str) -> None:
    assert named_credential(f'{{"id": {value}, "response": []}}') == (None, None)


@pytest.mark.parametrize(
    ("issuer", "party"),
    [
        ("http://127.0.0.1:8000", None),
        ("http://[::1]:8000", None),
        ("https://sign-in.example", ("sign-in.example", "https://sign-in.example")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
    ],
)
def test_relying_party_is_the_host_of_the_issuer(
    issuer: str, party: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Settings:
        def __init__(self) -> None:
            self.issuer = issuer

    monkeypatch.setattr(webauthn_ceremonies, "settings", Settings)
    found = relying_party()
    assert (found and (found.id, found.origin)) == party
