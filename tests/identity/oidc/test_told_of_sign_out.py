"""Services are told that somebody is signed out: by back channel and by frames in the browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from identity.accounts.models import Account
from identity.oidc import backchannel
from identity.oidc.clients.registration import InvalidMetadata
from identity.oidc.models import LogoutNotice
from identity.sessions.ending import end_access
from tests.attacks.oidc.evidence import audited
from tests.conftest import settings
from tests.identity.oidc.relying_party import CALLBACK, ISSUER, RelyingParty, header, register
from tests.identity.people import Person
from wsgi import Settings


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


class Listening:
    """A service's own server: remembers what it was sent, and answers as it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[dict[str, list[str]]] = []
        self.types: list[str | None] = []
        self.hang = threading.Event()
        self.hang.set()
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listening.hang.wait(10)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listening.received.append(parse_qs(body))
                listening.types.append(self.headers["Content-Type"])
                self.send_response(listening.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/told"


@pytest.fixture
def service() -> Iterator[Listening]:
    listening = Listening()
    yield listening
    listening.hang.set()
    listening.server.shutdown()
    listening.server.server_close()


@pytest.fixture
def told_rp(provider: Flask, service: Listening) -> RelyingParty:
    return RelyingParty(provider.test_client(), register(backchannel_logout_uri=service.address))


def deliver() -> None:
    """As the worker does, until nothing is under way."""
    waiting = threading.Event()
    while backchannel.deliver():
        waiting.wait(0.01)


def end_everything(person: Person, cause: str = "suspended") -> None:
    account = db.session.scalars(select(Account).where(Account.subject == person.subject)).one()
    with writing():
        end_access(account.id, cause=cause)


def states() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(LogoutNotice.state).order_by(LogoutNotice.id)))


def test_oidcc_backchannel_rp_initiated_logout(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    tokens = told_rp.tokens(browser)
    sid = told_rp.verified(tokens["id_token"])["sid"]
    left = browser.get("/end-session", query_string={"id_token_hint": tokens["id_token"]})
    assert left.status_code == 303
    deliver()
    (form,) = service.received
    assert set(form) == {"logout_token"}
    assert service.types == ["application/x-www-form-urlencoded"]
    token = form["logout_token"][0]
    assert header(token)["typ"] == "logout+jwt"
    claims = told_rp.verified(token)
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert claims["iss"] == ISSUER
    assert claims["aud"] == told_rp.client_id
    assert claims["sub"] == ada.subject
    assert claims["sid"] == sid
    assert claims["jti"]
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert "nonce" not in claims
    assert states() == ["delivered"]
    assert len(audited("service.told_of_sign_out")) == 1


def test_SE_08_the_end_of_all_access_is_told_too(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    told_rp.tokens(browser)
    end_everything(ada)
    deliver()
    assert len(service.received) == 1


def test_a_sign_out_is_told_where_the_refresh_token_outlives_it(
    told_rp: RelyingParty, browser: FlaskClient, service: Listening
) -> None:
    tokens = told_rp.tokens(browser, scope="openid offline_access")
    browser.get("/end-session", query_string={"id_token_hint": tokens["id_token"]})
    deliver()
    assert len(service.received) == 1
    assert told_rp.refresh(tokens["refresh_token"]).status_code == 200


def test_who_did_not_ask_is_not_told(rp: RelyingParty, browser: FlaskClient, ada: Person) -> None:
    rp.tokens(browser)
    end_everything(ada)
    assert states() == []


def test_LO_07_a_failure_is_tried_again_later(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    service.status = 500
    told_rp.tokens(browser)
    end_everything(ada)
    deliver()
    deliver()
    assert len(service.received) == 1
    service.status = 204
    with time_machine.travel(now() + timedelta(seconds=6)):
        deliver()
    assert len(service.received) == 2
    assert states() == ["delivered"]


def test_LO_07_who_never_listens_is_given_up_on_record(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    service.status = 400
    told_rp.tokens(browser)
    end_everything(ada)
    for day in range(backchannel.MOST_ATTEMPTS):
        with time_machine.travel(now() + timedelta(days=day)):
            deliver()
    assert states() == ["given up"]
    assert len(audited("service.not_told_of_sign_out")) == 1


def test_LO_07_one_that_hangs_keeps_no_other_waiting(
    provider: Flask, told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    hanging = Listening()
    hanging.hang.clear()
    slow = RelyingParty(provider.test_client(), register(backchannel_logout_uri=hanging.address))
    slow.tokens(browser)
    told_rp.tokens(browser)
    end_everything(ada)
    waiting = threading.Event()
    for _ in range(200):
        backchannel.deliver()
        if "delivered" in states():
            break
        waiting.wait(0.01)
    assert sorted(states()) == ["delivered", "waiting"]
    assert hanging.received == []
    hanging.hang.set()
    deliver()
    hanging.server.shutdown()
    hanging.server.server_close()


@pytest.mark.parametrize(
    "change",
    [
        {"backchannel_logout_uri": "https://10.0.0.1/told"},
        {"backchannel_logout_uri": "http://rp.example/told"},
        {"backchannel_logout_uri": "https://rp.example:22/told"},
        {"frontchannel_logout_uri": "https://elsewhere.example/out"},
    ],
)
def test_addresses_that_cannot_be_told_are_refused(provider: Flask, change: dict[str, str]) -> None:
    with pytest.raises(InvalidMetadata):
        register(**change)


def test_oidcc_frontchannel_rp_initiated_logout(provider: Flask, browser: FlaskClient) -> None:
    rp = RelyingParty(
        provider.test_client(),
        register(redirect_uris=[CALLBACK], frontchannel_logout_uri="https://rp.example/out?x=1"),
    )
    tokens = rp.tokens(browser)
    query = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": "https://rp.example/bye",
        "state": "s" * 128,
    }
    left = browser.get("/end-session", query_string=query)
    page = left.get_data(as_text=True)
    assert left.status_code == 200
    assert "frame-src https://rp.example;" in left.headers["Content-Security-Policy"]
    assert left.headers["Refresh"] == f"2; url=https://rp.example/bye?state={'s' * 128}"
    address = urlsplit(page.split('<iframe src="')[1].split('"')[0].replace("&amp;", "&"))
    told = dict(parse_qsl(address.query))
    assert told == {"x": "1", "iss": ISSUER, "sid": rp.verified(tokens["id_token"])["sid"]}
    assert rp.authorize(browser, prompt="none")["error"] == "login_required"
