"""Races, against real processes: what is single-use is used once, however many try at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.clock import now
from app.database import db
from approvals.settings import Settings
from identity.oidc.keys import actions as keys
from tests.attacks.oidc.evidence import audited
from tests.conftest import settings
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, header
from tests.identity.oidc.served import Served, serving
from tests.identity.oidc.signing_party import ASSERTION_TYPE, SigningParty
from tests.identity.people import Person
from tests.races import THREADS

pytestmark = pytest.mark.usefixtures("processes")

TRIES = 1000
AT_ONCE = THREADS
ROTATIONS = 12
"""On each database: sixty in all."""


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Keys may be kept for a second only, so that several rotations fit into a test."""
    return settings(database_url, mail_directory=tmp_path / "mail", jwks_max_age=1)


@pytest.fixture
def served(app_settings: Settings, rp: RelyingParty) -> Iterator[Served]:
    """Four processes on the database of the test."""
    with serving(app_settings, workers=4) as provider:
        yield provider


def at_once(request: Callable[[httpx.Client], httpx.Response], served: Served) -> list[int]:
    """The statuses of TRIES requests that start together."""
    barrier = threading.Barrier(AT_ONCE)

    def run(number: int) -> list[int]:
        with httpx.Client(base_url=served.issuer, timeout=60) as client:
            client.get("/jwks")
            barrier.wait(60)
            share = range(number, TRIES, AT_ONCE)
            return [request(client).status_code for _ in share]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [status for part in threads.map(run, range(AT_ONCE)) for status in part]


def test_TK_02_code_redeemed_by_many_at_once_gives_one_token(
    served: Served, rp: RelyingParty, browser: FlaskClient
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": rp.code(browser),
        "redirect_uri": "https://rp.example/callback",
        "code_verifier": rp.verifier.text,
    }
    headers = {"Authorization": rp.basic()}
    statuses = at_once(lambda client: client.post("/token", data=form, headers=headers), served)
    assert Counter(statuses) == {200: 1, 400: TRIES - 1}
    db.session.rollback()
    assert len(audited("token.reused")) == 1


def test_RT_03_refresh_token_used_by_many_at_once_has_one_successor(
    served: Served, rp: RelyingParty, browser: FlaskClient
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": rp.tokens(browser)["refresh_token"]}
    headers = {"Authorization": rp.basic()}
    successors: list[str] = []

    def refresh(client: httpx.Client) -> httpx.Response:
        response = client.post("/token", data=form, headers=headers)
        if response.status_code == 200:
            successors.append(response.json()["refresh_token"])
        return response

    statuses = at_once(refresh, served)
    assert Counter(statuses) == {200: 1, 400: TRIES - 1}
    assert len(successors) == 1
    # The others were reuse: what came of it has ended too (RT-01).
    assert rp.refresh(successors[0]).status_code == 400


def test_RT_07_used_refresh_token_stays_used_after_a_restart(
    app_settings: Settings, rp: RelyingParty, browser: FlaskClient
) -> None:
    token = rp.tokens(browser)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    headers = {"Authorization": rp.basic()}
    statuses = []
    for _ in range(2):
        with serving(app_settings, workers=1) as served:
            response = httpx.post(f"{served.issuer}/token", data=form, headers=headers, timeout=30)
            statuses.append(response.status_code)
    assert statuses == [200, 400]


SIGN_OUTS = 40


def code_in(response: httpx.Response) -> str:
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))["code"]


def test_SE_08_tokens_issued_during_a_sign_out_end_with_it(
    served: Served, app: Flask, rp: RelyingParty, ada: Person
) -> None:
    """Both requests arrive within a few milliseconds, in either order."""
    headers = {"Authorization": rp.basic()}
    survived = []
    with (
        httpx.Client(base_url=served.issuer, timeout=60) as leaving,
        httpx.Client(base_url=served.issuer, timeout=60) as entering,
        ThreadPoolExecutor(1) as thread,
    ):
        for number in range(SIGN_OUTS):
            session = signed_in_browser(app, ada).get_cookie("secure_access_session")
            cookie = {"Cookie": f"secure_access_session={session and session.value}"}
            before = rp.redeeming(code_in(entering.get(rp.request(), headers=cookie)))
            hint = entering.post("/token", data=before, headers=headers).json()["id_token"]
            left = thread.submit(
                leaving.get, "/end-session", params={"id_token_hint": hint}, headers=cookie
            )
            time.sleep(number % 8 / 1000)
            entered = entering.get(rp.request(), headers=cookie)
            assert left.result().status_code == 303
            if "code=" in entered.headers["Location"]:
                form = rp.redeeming(code_in(entered))
                survived.append(entering.post("/token", data=form, headers=headers).status_code)
    assert set(survived) <= {400}


class CachingVerifier:
    """Keeps the published keys for as long as it may, and never looks earlier."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.keys = KeySet([])
        self.good_until = 0.0

    def verify(self, token: str) -> bool:
        if time.monotonic() >= self.good_until:
            response = self.http.get("/jwks")
            age = int(response.headers["Cache-Control"].partition("max-age=")[2])
            self.keys = KeySet.import_key_set(response.json())
            self.good_until = time.monotonic() + age
        try:
            jwt.decode(token, self.keys, algorithms=["ES256"])
        except (JoseError, ValueError):
            return False
        return True


def test_JW_12_key_rotation_under_load_fails_no_verifier(
    app_settings: Settings, rp: RelyingParty
) -> None:
    kids: list[str] = []
    failures: list[str] = []
    stop = threading.Event()
    headers = {"Authorization": rp.basic()}
    with serving(app_settings, workers=2) as served:

        def load() -> None:
            with httpx.Client(base_url=served.issuer, timeout=30) as http:
                verifier = CachingVerifier(http)
                while not stop.is_set():
                    form = {"grant_type": "client_credentials"}
                    response = http.post("/token", data=form, headers=headers)
                    token = response.json()["access_token"]
                    kids.append(header(token)["kid"])
                    if not verifier.verify(token):
                        failures.append(token)

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(ROTATIONS):
            (rotated,) = keys.rotate(["ES256"])
            begins = rotated.active_from
            db.session.rollback()
            assert begins is not None
            time.sleep(max((begins - now()).total_seconds(), 0) + 0.2)
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(set(kids)) >= ROTATIONS


def test_CA_07_assertion_sent_by_many_at_once_is_accepted_once(
    served: Served, provider: Flask
) -> None:
    party = SigningParty(provider.test_client(), profile="baseline")
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": party.assertion(aud=served.issuer),
    }
    statuses = at_once(lambda client: client.post("/token", data=form), served)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 429}


def test_DP_01_proof_sent_by_many_at_once_is_accepted_once(
    served: Served, provider: Flask, rp: RelyingParty
) -> None:
    party = SigningParty(provider.test_client())
    headers = {
        "Authorization": rp.basic(),
        "DPoP": party.proof("/token", htu=f"{served.issuer}/token"),
    }
    form = {"grant_type": "client_credentials"}
    statuses = at_once(lambda client: client.post("/token", data=form, headers=headers), served)
    assert Counter(statuses) == {200: 1, 400: TRIES - 1}


def test_PA_01_pushed_request_opened_by_many_at_once_gives_one_code(
    served: Served, rp: RelyingParty, browser: FlaskClient
) -> None:
    form = {
        "redirect_uri": "https://rp.example/callback",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": rp.verifier.challenge,
        "code_challenge_method": "S256",
    }
    pushed = httpx.post(
        f"{served.issuer}/par", data=form, headers={"Authorization": rp.basic()}
    ).json()
    session = browser.get_cookie("secure_access_session")
    assert session is not None
    query = {"client_id": rp.client_id, "request_uri": pushed["request_uri"]}
    headers = {"Cookie": f"secure_access_session={session.value}"}
    statuses = at_once(
        lambda client: client.get("/authorize", params=query, headers=headers), served
    )
    assert Counter(statuses) == {303: 1, 400: TRIES - 1}
