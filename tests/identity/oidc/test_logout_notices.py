"""Services are told that somebody is signed out: by back channel and by frames in the browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from approvals.settings import Settings
from identity.oidc.client_administration import actions
from identity.oidc.clients.metadata import InvalidMetadata
from tests.attacks.oidc.evidence import audited
from tests.conftest import settings
from tests.identity.oidc.listening import Listening, deliver, end_everything, states
from tests.identity.oidc.relying_party import CALLBACK, ISSUER, RelyingParty, header, register
from tests.identity.oidc.rights import Rights
from tests.identity.people import Person


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


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


def test_SE_08_end_of_all_access_sends_a_notice(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    told_rp.tokens(browser)
    end_everything(ada)
    deliver()
    assert len(service.received) == 1


def test_sign_out_sends_a_notice_if_an_offline_refresh_token_stays(
    told_rp: RelyingParty, browser: FlaskClient, service: Listening
) -> None:
    tokens = told_rp.tokens(browser, scope="openid offline_access")
    browser.get("/end-session", query_string={"id_token_hint": tokens["id_token"]})
    deliver()
    assert len(service.received) == 1
    assert told_rp.refresh(tokens["refresh_token"]).status_code == 200


def test_notice_to_a_disabled_client_is_recorded_as_given_up(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening
) -> None:
    told_rp.tokens(browser)
    end_everything(ada)
    actions.disable(told_rp.client_id)
    deliver()
    assert service.received == []
    assert states() == ["given up"]
    (row,) = audited("service.not_told_of_sign_out")
    assert (row.subject, row.client) == (ada.subject, told_rp.client_id)
    assert row.detail["attempts"] == 0
    assert row.detail["cause"] == "the client has no address for notices any more"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (400, "given up"),
        (404, "given up"),
        (410, "given up"),
        (408, "waiting"),
        (429, "waiting"),
        (500, "waiting"),
        (302, "waiting"),
    ],
)
def test_notice_is_given_up_at_once_after_a_rejection(
    told_rp: RelyingParty,
    browser: FlaskClient,
    ada: Person,
    service: Listening,
    status: int,
    state: str,
) -> None:
    service.status = status
    told_rp.tokens(browser)
    end_everything(ada)
    deliver()
    assert states() == [state]
    assert len(service.received) == 1


def test_failed_notice_is_shown_to_operators(
    provider: Flask,
    told_rp: RelyingParty,
    browser: FlaskClient,
    ada: Person,
    service: Listening,
) -> None:
    service.status = 404
    told_rp.tokens(browser)
    end_everything(ada)
    run = provider.test_cli_runner()
    assert "No notice has failed." in run.invoke(args=["notices", "failed"]).output
    with capture_logs() as logged:
        deliver()
    assert [line["cause"] for line in logged if "notice" in line["event"]] == ["HTTP 404"]
    (row,) = audited("service.not_told_of_sign_out")
    assert (row.subject, row.detail["cause"]) == (ada.subject, "HTTP 404")
    listed = run.invoke(args=["notices", "failed"]).output
    assert all(text in listed for text in (told_rp.client_id, "HTTP 404"))
    assert provider.test_client().get("/readyz").get_json()["detail"]["notices"] == (
        "1 notice of a sign-out failed in the last 7 days: see secure-access notices failed."
    )


@pytest.mark.parametrize("end", ["revoked", "used twice", "redeemed twice"])
def test_removal_sends_a_notice_to_a_service_whose_tokens_had_ended(
    told_rp: RelyingParty, browser: FlaskClient, ada: Person, service: Listening, end: str
) -> None:
    """Its own session goes on without them."""
    code = told_rp.code(browser)
    tokens = told_rp.redeem(code).get_json()
    if end == "revoked":
        told_rp.post("/revoke", {"token": tokens["refresh_token"]})
    elif end == "used twice":
        told_rp.refresh(tokens["refresh_token"])
        told_rp.refresh(tokens["refresh_token"])
    else:
        told_rp.redeem(code)
    assert told_rp.refresh(tokens["refresh_token"]).status_code == 400
    deliver()
    assert service.received == []
    end_everything(ada)
    end_everything(ada)
    deliver()
    assert len(service.received) == 1


def test_sign_out_sends_a_notice_to_a_service_that_revoked_its_tokens(
    told_rp: RelyingParty, browser: FlaskClient, service: Listening
) -> None:
    tokens = told_rp.tokens(browser)
    told_rp.post("/revoke", {"token": tokens["refresh_token"]})
    browser.get("/end-session", query_string={"id_token_hint": tokens["id_token"]})
    deliver()
    assert len(service.received) == 1


def test_refresh_without_access_sends_one_notice(
    provider: Flask, rights: Rights, browser: FlaskClient, service: Listening
) -> None:
    told_rp = RelyingParty(
        provider.test_client(),
        register(
            service="reports",
            scope="openid access offline_access",
            backchannel_logout_uri=service.address,
        ),
    )
    tokens = told_rp.tokens(browser, scope="openid access")
    rights.doors = []
    for _ in range(2):
        assert told_rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    deliver()
    assert len(service.received) == 1


def test_client_without_logout_uri_gets_no_notice(
    rp: RelyingParty, browser: FlaskClient, ada: Person
) -> None:
    rp.tokens(browser)
    end_everything(ada)
    assert states() == []


@pytest.mark.parametrize(
    "change",
    [
        {"backchannel_logout_uri": "https://10.0.0.1/told"},
        {"backchannel_logout_uri": "http://rp.example/told"},
        {"backchannel_logout_uri": "https://rp.example:22/told"},
        {"frontchannel_logout_uri": "https://elsewhere.example/out"},
    ],
)
def test_registration_rejects_unsuitable_logout_uris(
    provider: Flask, change: dict[str, str]
) -> None:
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
