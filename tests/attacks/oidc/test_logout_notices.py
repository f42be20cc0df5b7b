"""Attacks with and on notices of a sign-out: LO-06 and LO-07 of the catalogue."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from approvals.settings import Settings
from identity.oidc import backchannel
from identity.oidc.clients import store
from tests.attacks.oidc.evidence import audited
from tests.conftest import settings
from tests.identity.oidc.listening import Listening, deliver, end_everything, states
from tests.identity.oidc.relying_party import ISSUER, RelyingParty, header, register
from tests.identity.people import Person


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


def test_LO_06_logout_token_names_the_session_and_is_no_other_token(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    tokens = told_rp.tokens(browser)
    end_everything(ada)
    deliver()
    token = service.received[0]["logout_token"][0]
    claims = told_rp.verified(token)
    assert header(token)["typ"] == "logout+jwt"
    assert (claims["iss"], claims["aud"]) == (ISSUER, told_rp.client_id)
    assert claims["events"] == {backchannel.EVENT: {}}
    assert claims["sub"] == ada.subject
    assert claims["sid"] == told_rp.verified(tokens["id_token"])["sid"]
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert not {"nonce", "scope", "acr", "name", "email"} & claims.keys()
    assert told_rp.userinfo(token).status_code == 401
    assert told_rp.introspect(token) == {"active": False}
    assert told_rp.authorize(browser, id_token_hint=token)["error"] == "invalid_request"


def test_LO_07_notice_is_retried_after_a_failure(
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


def test_LO_07_notice_given_up_is_recorded(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    service.status = 400
    told_rp.tokens(browser)
    end_everything(ada)
    for day in range(backchannel.NOTICES.max_attempts):
        with time_machine.travel(now() + timedelta(days=day)):
            deliver()
    assert states() == ["given up"]
    assert len(audited("service.not_told_of_sign_out")) == 1


def test_LO_07_unresponsive_service_delays_no_other(
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


@pytest.mark.parametrize("body", [b"", b"x" * 10_000_000], ids=["hangs", "10 MB"])
def test_LO_07_sign_out_does_not_wait_for_services(
    told_rp: RelyingParty, browser: FlaskClient, service: Listening, body: bytes
) -> None:
    service.hang.clear()
    service.body = body
    tokens = told_rp.tokens(browser)
    left = browser.get("/end-session", query_string={"id_token_hint": tokens["id_token"]})
    assert left.status_code == 303
    assert states() == ["waiting"]
    assert told_rp.userinfo(tokens["access_token"]).status_code == 401
    service.hang.set()
    deliver()
    assert states() == ["delivered"]
    assert len(audited("service.told_of_sign_out")) == 1


@pytest.mark.parametrize("status", [301, 307])
def test_LO_07_notice_follows_no_redirect(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening, status: int
) -> None:
    elsewhere = Listening()
    service.status, service.headers = status, {"Location": elsewhere.address}
    told_rp.tokens(browser)
    end_everything(ada)
    deliver()
    elsewhere.close()
    assert len(service.received) == 1
    assert elsewhere.received == []
    assert states() == ["waiting"]


def test_LO_07_many_notices_of_a_service_delay_no_other(
    told_rp: RelyingParty, ada: Person, service: Listening
) -> None:
    other = Listening()
    late = register(client_name="Late", backchannel_logout_uri=other.address)["client_id"]
    with writing():
        backchannel.enqueue_notices([ended(told_rp.client_id, ada)] * 100, cause="removed")
    with writing():
        backchannel.enqueue_notices([ended(late, ada)], cause="removed")
    backchannel.deliver()
    waiting = threading.Event()
    for _ in range(500):
        if other.received:
            break
        waiting.wait(0.01)
    assert len(other.received) == 1
    assert len(service.received) < 100
    other.close()


def ended(client_id: str, person: Person) -> Any:
    """A family of the person at that client, as far as a notice asks."""
    client = store.find(client_id)
    assert client is not None
    return SimpleNamespace(client_id=client.key, account_id=person.account_id, sid="s")
