"""Codes, tokens and mails from after a backup stay used, ended and sent when it is restored.

The backup is the database's own: SQLite's `.backup`, and a copy on PostgreSQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.actors import SYSTEM
from app.after_restore import end_revived
from app.database import db, writing
from approvals.settings import Settings
from identity.access_termination import end_access
from identity.accounts import invitations
from identity.accounts.models import Account
from identity.administration import suspension
from identity.credentials import reset
from identity.credentials.factor import ProofRejected
from identity.credentials.totp import TOTP
from identity.email_address import EmailAddress
from identity.oidc.dynamic_registration import tokens as registration_tokens
from identity.oidc.dynamic_registration.policy import Policy
from identity.oidc.models import LogoutNotice, TokenFamily
from identity.sessions import queries as sessions
from identity.sessions.models import Session
from tests.conftest import application
from tests.deliveries import deliver_due
from tests.identity.conftest import Post, audited
from tests.identity.oidc import rights as rights_behind_port
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.signing_party import FromNow, SigningParty
from tests.identity.people import Person, make_person
from tests.identity.walking import Page, Walker

Backup = Callable[[], str]


@pytest.fixture
def backup(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Backup]:
    """Makes a backup of the test's database; the answer is its address."""
    made: list[str] = []

    def sqlite() -> str:
        target = tmp_path / "backup.sqlite3"
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as source:
            copy = sqlite3.connect(target)
            source.backup(copy)
            copy.close()
        source.close()
        return f"sqlite:///{target}"

    def postgresql() -> str:
        db.session.remove()
        db.engine.dispose()
        server = request.getfixturevalue("postgresql_server")
        made.append(server.create_database(template=database_url))
        return made[-1]

    yield sqlite if database_url.startswith("sqlite") else postgresql
    for url in made:
        request.getfixturevalue("postgresql_server").drop_database(url)


@contextmanager
def restored(settings: Settings, url: str) -> Iterator[Flask]:
    """The application on the restored database."""
    with application(settings.model_copy(update={"database_url": url})) as flask:
        rights_behind_port.install(flask)
        yield flask


@dataclass
class Then:
    """State of people and services when the backup is made."""

    code: str
    tokens: dict[str, str]
    browser: FlaskClient
    half: Page
    totp: str
    links: list[str]

    def at(self, flask: Flask, browser: FlaskClient) -> Walker:
        """The same browser, with its cookies, at the restored service."""
        here = flask.test_client()
        for name in ("secure_access_session", "secure_access_browser", "secure_access_device"):
            cookie = browser.get_cookie(name)
            if cookie is not None:
                here.set_cookie(name, cookie.value)
        return Walker(here)


def _links(post: Post, *recipients: str) -> list[str]:
    mails = [post.to(recipient)[-1] for recipient in recipients]
    return [mail.split("http://localhost:8000", 1)[1].split()[0] for mail in mails]


def _holdings(rp: RelyingParty, browser: FlaskClient, ada: Person, post: Post) -> Then:
    grace = make_person("grace@school.example", "Grace", "Hopper")
    half = Walker(rp.http.application.test_client()).get("/sign-in")
    half = half.submit(email=grace.email, password=grace.password)
    assert half.heading == "Enter the 6-digit code"
    reset.request_reset(EmailAddress.parse(ada.email))
    invitations.invite(
        EmailAddress.parse("new@school.example"),
        "New",
        "Comer",
        invited_by="Ada Byron",
        sender="",
        organisation_name=None,
    )
    registration_tokens.issue("try", Policy(), uses=1, life=timedelta(days=1))
    SigningParty(rp.http).push()
    rp.http.application.test_client().get(rp.request())
    return Then(
        code=rp.code(browser),
        tokens=rp.tokens(browser, scope="openid offline_access"),
        browser=browser,
        half=half,
        totp=grace.code(),
        links=_links(post, ada.email, "new@school.example"),
    )


def test_after_restore_refuses_values_used_since_the_backup(
    clock: time_machine.Traveller,
    rp: RelyingParty,
    browser: FlaskClient,
    ada: Person,
    post: Post,
    app_settings: Settings,
    backup: Backup,
) -> None:
    then = _holdings(rp, browser, ada, post)
    url = backup()
    assert rp.redeem(then.code).status_code == 200
    assert rp.post("/revoke", {"token": then.tokens["refresh_token"]}).status_code == 200
    then.half.submit(code=then.totp)
    assert deliver_due() == 2
    suspension.suspend(ada.account, actor=SYSTEM)
    with restored(app_settings, url) as flask:
        rp.http = flask.test_client()
        said = flask.test_cli_runner().invoke(args=["restored"])
        assert said.exit_code == 0, said.output
        assert "The backup ends at 2026-11-23 09:00 UTC." in said.output
        for what, number in {
            "sessions": 1,
            "sign-ins at services, with their codes and tokens": 2,
            "sign-ins under way": 2,
            "requests under way": 1,
            "pushed requests": 1,
            "registration tokens": 1,
            "links by mail": 1,
            "present codes of authenticator apps": 2,
            "invitation links": 1,
            "mails that were waiting": 2,
        }.items():
            assert f"{what}: {number} ended" in said.output.splitlines()

        assert rp.redeem(then.code).get_json()["error"] == "invalid_grant"
        assert rp.refresh(then.tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
        assert rp.userinfo(then.tokens["access_token"]).status_code == 401
        page = then.at(flask, then.browser).get("/account")
        assert page.heading == "You need to sign in again"
        assert "put Secure Access back to an earlier state" in page.text
        half = then.at(flask, then.half.walker.client).get(then.half.address)
        assert half.heading == "Sign in"
        reset_link, invitation_link = then.links
        assert "does not work any more" in Walker(flask.test_client()).get(reset_link).text
        assert "run out" in Walker(flask.test_client()).get(invitation_link).text
        assert deliver_due() == 0


def test_after_restore_lets_people_sign_in(
    clock: time_machine.Traveller,
    ada: Person,
    app_settings: Settings,
    backup: Backup,
) -> None:
    """Only open rows ended: the person, her password and her app are as they were."""
    url = backup()
    seen = ada.code()
    with restored(app_settings, url) as flask:
        end_revived()
        assert isinstance(TOTP.prove(ada.account_id, seen), ProofRejected)
        clock.shift(timedelta(minutes=2))
        page = Walker(flask.test_client()).get("/sign-in")
        page = page.submit(email=ada.email, password=ada.password)
        assert page.submit(code=ada.code()).heading == "Your account"


def test_after_restore_run_twice_notifies_services_once(
    provider: Flask, ada: Person, browser: FlaskClient
) -> None:
    told = RelyingParty(
        provider.test_client(),
        register(backchannel_logout_uri="https://rp.example/told", client_name="Told"),
    )
    told.tokens(browser)
    with writing():
        end_access(ada.account_id, cause="password changed")
    told.tokens(signed_in_browser(provider, ada))
    first, again = end_revived(), end_revived()
    assert first.ended["sign-out notices that were waiting"] == 1
    assert set(again.ended.values()) == {0}
    assert again.backup_ends is not None
    notices = db.session.query(LogoutNotice.cause, LogoutNotice.state).order_by(LogoutNotice.id)
    assert [tuple(row) for row in notices] == [
        ("password changed", "withdrawn"),
        ("restored", "waiting"),
    ]
    assert {row[0] for row in db.session.query(Session.ended_cause)} == {
        "password changed",
        "restored",
    }
    assert db.session.query(TokenFamily).filter(TokenFamily.ended_at.is_(None)).count() == 0
    rows = audited("database.restored")
    assert [row["ended"]["sessions"] for row in rows] == [1, 0]
    assert sessions.live_sessions(ada.account_id) == []
    assert db.session.get_one(Account, ada.account_id).active


def test_after_restore_refuses_assertions_signed_before(
    clock: time_machine.Traveller, provider: Flask, app_settings: Settings, backup: Backup
) -> None:
    party = SigningParty(provider.test_client(), profile="baseline")
    url = backup()
    grant = {"grant_type": "client_credentials"}
    used = grant | {"client_assertion": party.assertion(exp=FromNow(3600))}
    proof = {"DPoP": party.proof("/token")}
    assert party.post("/token", used, headers=proof).status_code == 200
    with restored(app_settings, url) as flask:
        party.http = flask.test_client()
        end_revived()
        assert party.post("/token", used).get_json()["error"] == "invalid_client"
        clock.shift(timedelta(minutes=1))
        assert party.post("/token", used).get_json()["error"] == "invalid_client"
        proven = party.post("/token", grant, headers=proof)
        assert proven.get_json()["error"] == "invalid_dpop_proof"
        assert party.post("/token", grant).status_code == 200
        undated = party.post("/token", grant | {"client_assertion": party.assertion(iat=None)})
        assert undated.get_json()["error"] == "invalid_client"
        clock.shift(timedelta(minutes=62))
        undated = party.post("/token", grant | {"client_assertion": party.assertion(iat=None)})
        assert undated.status_code == 200
