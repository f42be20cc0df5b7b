"""Attacks by what a client publishes at addresses of its own: SS-01, SS-06, SS-07 and TK-18."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from app.clock import now
from app.database import writing
from app.http_client import SECONDS
from approvals.settings import Settings
from identity.accounts.models import Account
from identity.oidc.clients.keys import AGAIN_AFTER
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.dynamic_registration import tokens
from identity.oidc.dynamic_registration.policy import Policy
from tests.conftest import settings
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.publishing import Publishing
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty, register
from tests.identity.oidc.signing_party import ASSERTION_TYPE, SigningParty, segment, sign
from tests.identity.people import Person, make_person


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


@pytest.fixture
def far_rp(provider: Flask, published: Publishing) -> SigningParty:
    """Its keys are where it says, not in its registration."""
    party = SigningParty(provider.test_client(), jwks=None, jwks_uri=published.address)
    published.document = {"keys": [public(party.key)]}
    return party


def public(key: ECKey, kid: str = "k1") -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid}


def test_SS_06_unknown_kid_does_not_cause_repeated_fetches(
    far_rp: SigningParty, published: Publishing
) -> None:
    published.document = {"keys": [public(ECKey.generate_key("P-256"), "another")]}
    for _ in range(3):
        assert far_rp.push().status_code == 401
    assert published.asked == 1


def forged(party: SigningParty) -> dict[str, str]:
    """Return an assertion that anybody can send in the client's name."""
    claims = {"iss": party.client_id, "sub": party.client_id}
    return {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": sign(claims, ECKey.generate_key("P-256"), kid="strange"),
    }


def test_SS_06_unknown_kid_does_not_drop_the_keys_of_the_client(
    far_rp: SigningParty, published: Publishing, later: Callable[[float], None]
) -> None:
    assert far_rp.push().status_code == 201
    published.status = 500
    later(AGAIN_AFTER + 1)
    assert far_rp.http.post("/par", data=forged(far_rp)).status_code == 401
    assert published.asked == 2
    assert far_rp.push().status_code == 201


def test_SS_06_unresponsive_jwks_uri_occupies_one_thread(provider: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        address = f"http://127.0.0.1:{hanging.getsockname()[1]}/jwks"
        party = SigningParty(provider.test_client(), jwks=None, jwks_uri=address)

        def took(_number: int) -> float:
            begun = time.monotonic()
            answer = provider.test_client().post("/par", data=forged(party))
            assert answer.status_code == 401
            return time.monotonic() - begun

        with ThreadPoolExecutor(8) as crowd:
            times = sorted(crowd.map(took, range(8)))
        hanging.setblocking(False)
        hanging.accept()[0].close()
        with pytest.raises(BlockingIOError):
            hanging.accept()
    assert times[-2] < SECONDS - 0.5


@pytest.mark.parametrize(
    "document",
    [
        {"keys": [public(ECKey.generate_key("P-256"), str(n)) for n in range(21)]},
        {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]},
        {"keys": [{"kty": "oct", "k": "AAAA"}]},
        {"keys": "k1"},
        [],
        b"no JSON",
        b'{"keys": []}' + b" " * 70_000,
    ],
    ids=["many", "private", "shared", "text", "array", "no-json", "large"],
)
def test_SS_06_document_that_is_no_jwk_set_authenticates_no_client(
    far_rp: SigningParty, published: Publishing, document: Any
) -> None:
    published.document = document
    response = far_rp.push()
    assert response.status_code == 401
    assert response.get_json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "address",
    ["http://rp.example/jwks", "https://10.0.0.1/jwks", "https://rp.example:22/", "file:///k"],
)
def test_SS_01_internal_address_is_not_registered(provider: Flask, address: str) -> None:
    with pytest.raises(InvalidMetadata, match="jwks_uri"):
        register(token_endpoint_auth_method="private_key_jwt", jwks_uri=address)


def test_SS_07_sector_document_must_list_every_address(
    provider: Flask, published: Publishing
) -> None:
    addresses = [CALLBACK, "https://second.example/callback"]
    asked = {
        "subject_type": "pairwise",
        "redirect_uris": addresses,
        "sector_identifier_uri": published.address,
    }
    for document in ([CALLBACK], "https://rp.example", {"a": 1}, [1, 2], b"no JSON"):
        published.document = document
        with pytest.raises(InvalidMetadata, match="sector_identifier_uri"):
            register(**asked)
    published.document = [*addresses, "https://third.example/callback"]
    assert register(**asked)["sector_identifier_uri"] == published.address


def test_SS_07_sector_that_does_not_answer_delays_no_other_request(
    provider: Flask, rp: RelyingParty
) -> None:
    token, _ = tokens.issue("a service", Policy(), uses=1, life=timedelta(days=1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        metadata = {
            "client_name": "Timetables",
            "redirect_uris": [CALLBACK],
            "subject_type": "pairwise",
            "sector_identifier_uri": f"http://127.0.0.1:{silent.getsockname()[1]}/sector",
        }
        registering = threading.Thread(
            target=provider.test_client().post,
            args=("/register",),
            kwargs={"json": metadata, "headers": {"Authorization": f"Bearer {token}"}},
        )
        registering.start()
        with silent.accept()[0]:
            assert rp.credentials().status_code == 200
            assert registering.is_alive()
    registering.join()


@pytest.mark.parametrize(
    "address",
    ["http://rp.example/s", "https://10.0.0.1/s", "https://rp.example:22/", "file:///s", "x", 7],
)
def test_SS_07_sector_document_is_not_fetched_from_an_internal_address(
    provider: Flask, address: object
) -> None:
    with pytest.raises(InvalidMetadata, match="sector_identifier_uri"):
        register(subject_type="pairwise", sector_identifier_uri=address)


def test_TK_18_pairwise_subject_is_lasting_and_differs_by_sector(
    provider: Flask, browser: FlaskClient, ada: Person
) -> None:
    one, two = (
        RelyingParty(
            provider.test_client(),
            register(subject_type="pairwise", redirect_uris=[f"https://{sector}/callback"]),
        )
        for sector in ("one.example", "two.example")
    )
    first = name(one, browser)
    assert len({first, name(two, browser), ada.subject}) == 3
    with writing() as session:
        account = session.get_one(Account, ada.account_id)
        account.email = account.email_key = "ada.lovelace@school.example"
    heir = signed_in_browser(provider, make_person(ada.email))
    assert name(one, heir) != first
    with time_machine.travel(now() + timedelta(days=400)):
        assert name(one, signed_in_browser(provider, ada)) == first


def test_TK_18_pairwise_subject_is_no_digest_of_known_values(
    provider: Flask, browser: FlaskClient, ada: Person
) -> None:
    sector = "one.example"
    registration = register(subject_type="pairwise", redirect_uris=[f"https://{sector}/callback"])
    found = name(RelyingParty(provider.test_client(), registration), browser)
    for known in (ada.email, ada.subject, str(ada.account_id)):
        for joint in ("", ":", "\n", "|"):
            for text in (known, f"{sector}{joint}{known}", f"{known}{joint}{sector}"):
                assert found != segment(hashlib.sha256(text.encode()).digest())


def name(rp: RelyingParty, browser: FlaskClient) -> str:
    subject: str = rp.verified(rp.tokens(browser)["id_token"])["sub"]
    return subject
