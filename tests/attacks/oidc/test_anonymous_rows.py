"""Attacks that have rows stored without a session: size, number and lifetime are bounded."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.clock import now
from app.database import Base, db
from app.outbox import OutboxMail
from app.vault import decrypt
from app.web.authorisation import anyone, rule_of
from approvals.settings import Settings
from identity.accounts import invitations
from identity.credentials import reset
from identity.email_address import EmailAddress
from identity.oidc.clients import public_limits
from tests.conftest import settings
from tests.identity.oidc.relying_party import RelyingParty
from tests.identity.oidc.signing_party import SigningParty
from tests.identity.people import Person

A_MINUTE, AN_HOUR = 10, 15
BEGUN = ("sign_in_journey", "oidc_authorization_request", "join_journey", "reset_journey")
"""Tables whose rows stand for something that anybody may begin."""


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url,
        mail_directory=tmp_path / "mail",
        anonymous_rows_per_minute=A_MINUTE,
        anonymous_rows_per_hour=AN_HOUR,
    )


def rows() -> dict[str, int]:
    """The number of rows of each table that has any."""
    db.session.rollback()
    counted = {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }
    return {name: count for name, count in counted.items() if count}


def pages_for_anybody(app: Flask) -> list[str]:
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.arguments
        and "GET" in (rule.methods or ())
        and rule.endpoint != "static"
        and rule_of(app, rule.endpoint) is anyone
    ]


def test_network_without_session_stores_bounded_rows_whatever_pages_it_opens(
    provider: Flask, rp: RelyingParty
) -> None:
    before = rows()
    pages = [*pages_for_anybody(provider), rp.request(), rp.request(prompt="login")]
    made = parse_qs(urlsplit(rp.request()).query)
    for _ in range(A_MINUTE + 1):
        for page in pages:
            provider.test_client().get(page, follow_redirects=True)
        provider.test_client().post("/authorize", data=made, follow_redirects=True)
    after = rows()
    grown = {name: count - before.get(name, 0) for name, count in after.items()}
    grown = {name: count for name, count in grown.items() if count}
    assert set(grown) <= set(BEGUN)
    assert 0 < sum(grown.values()) <= A_MINUTE


def test_network_over_its_rows_is_told_when_to_try_again_and_others_go_on(
    rp: RelyingParty, provider: Flask, browser: FlaskClient
) -> None:
    for _ in range(A_MINUTE):
        assert provider.test_client().get("/sign-in").status_code == 303
    refused = provider.test_client().get(rp.request())
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "Wait 1 minute and try again" in refused.get_data(as_text=True)
    elsewhere = {"REMOTE_ADDR": "192.0.2.77"}
    assert provider.test_client().get(rp.request(), environ_base=elsewhere).status_code == 303
    # With a session it is somebody: they are asked to sign in anew.
    assert browser.get(rp.request(prompt="login")).status_code == 303


def test_public_client_proofs_are_bounded_for_each_network(
    provider: Flask, monkeypatch: pytest.MonkeyPatch, browser: FlaskClient
) -> None:
    monkeypatch.setattr(public_limits, "PROOFS_IN_A_MINUTE", 3)
    public_limits.proofs.forget(provider)
    party = SigningParty(
        provider.test_client(),
        profile="baseline",
        token_endpoint_auth_method="none",
        jwks=None,
    )
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": party.client_id}

    def status(**environ: str) -> int:
        proof = {"DPoP": party.proof("/token")}
        return party.http.post("/token", data=form, headers=proof, environ_base=environ).status_code

    assert [status() for _ in range(4)] == [400, 400, 400, 429]
    assert status(REMOTE_ADDR="192.0.2.77") == 400
    assert rows()["oidc_used_once"] == 4


def test_public_client_pushes_are_bounded_in_an_hour(
    provider: Flask, monkeypatch: pytest.MonkeyPatch, public_rp: RelyingParty
) -> None:
    monkeypatch.setattr(public_limits, "PUSHED_IN_AN_HOUR", 2)
    public_limits.pushed.forget(provider)
    made = dict(parse_qsl(urlsplit(public_rp.request()).query))
    statuses = [public_rp.http.post("/par", data=made).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]


def test_link_of_a_mail_that_is_opened_again_and_again_stores_bounded_rows(
    provider: Flask, ada: Person
) -> None:
    reset.request_reset(EmailAddress.parse(ada.email))
    mail = db.session.scalars(select(OutboxMail).where(OutboxMail.recipient == ada.email)).one()
    text = decrypt(mail.sealed_text or "", purpose="mail")
    found = re.search(r"/reset-password/\S+", text)
    assert found is not None
    statuses = [provider.test_client().get(found[0]).status_code for _ in range(A_MINUTE + 2)]
    assert statuses == [303] * A_MINUTE + [429] * 2
    assert rows()["reset_journey"] == A_MINUTE


def test_journey_of_joining_that_is_begun_again_and_again_stores_bounded_rows(
    provider: Flask,
) -> None:
    invitations.invite(
        EmailAddress.parse("grace@school.example"),
        "Grace",
        "Hopper",
        invited_by="Ada",
        sender="",
        organisation_name="Melfield Primary School",
    )
    mail = db.session.scalars(select(OutboxMail)).one()
    found = re.search(r"/invitation/\S+", decrypt(mail.sealed_text or "", purpose="mail"))
    assert found is not None
    http = provider.test_client()
    page = http.get(found[0]).headers["Location"]
    with time_machine.travel(now() + timedelta(hours=4, minutes=1)):
        statuses = [http.get(page).status_code for _ in range(A_MINUTE + 2)]
    assert statuses == [303] * A_MINUTE + [429] * 2
    assert rows()["join_journey"] == 1 + A_MINUTE
