"""Nothing secret is written down: HC-13 of the catalogue, over a whole journey."""

from __future__ import annotations

import email
import re
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.database import db
from approvals.settings import Settings
from tests.identity.oidc import rights, signing_keys
from tests.identity.oidc.foreign_client import fields, sign_in
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty, register
from tests.identity.oidc.served import serving
from tests.identity.people import PASSWORD, Person

pytestmark = pytest.mark.usefixtures("processes")

NEW_PASSWORD = "harbour violin copper moss"
WRONG = "a wrong password of ours"


def test_HC_13_secrets_reach_no_log_address_or_referrer(
    app: Flask, app_settings: Settings, person: Person, tmp_path: Path
) -> None:
    rights.install(app)
    signing_keys.ready()
    rp = RelyingParty(app.test_client(), register())
    log, mails = tmp_path / "log", tmp_path / "mails"
    asked: list[httpx.Request] = []
    with (
        serving(
            app_settings, workers=2, log=log, SECURE_ACCESS_MAIL_DIRECTORY=str(mails)
        ) as served,
        httpx.Client(
            base_url=served.issuer, timeout=60, event_hooks={"request": [asked.append]}
        ) as browser,
    ):
        headers = {"Authorization": rp.basic()}

        def token(**form: str) -> dict[str, str]:
            answer = browser.post("/token", data=form, headers=headers)
            assert answer.status_code == 200, answer.text
            body: dict[str, str] = answer.json()
            return body

        page = browser.get("/sign-in?next=/account", follow_redirects=True)
        wrong = {**fields(page.text), "email": person.email, "password": WRONG}
        assert browser.post(str(page.url), data=wrong).status_code == 303
        arrived = sign_in(browser, served.issuer + rp.request(), person, callback=CALLBACK)
        code = parse_qs(urlsplit(arrived).query)["code"][0]
        first = token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=CALLBACK,
            code_verifier=rp.verifier.text,
        )
        second = token(grant_type="refresh_token", refresh_token=first["refresh_token"])
        bearer = {"Authorization": f"Bearer {second['access_token']}"}
        assert browser.get("/userinfo", headers=bearer).status_code == 200
        for form in (
            {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK},
            {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]},
            {"grant_type": "password", "username": person.email, "password": PASSWORD},
        ):
            assert browser.post("/token", data=form, headers=headers).status_code == 400
        page = browser.get("/forgot-password")
        asking = {**fields(page.text), "email": person.email}
        assert browser.post("/forgot-password", data=asking).status_code == 303
        served.do_jobs()
        link = next(found for mail in sorted(mails.glob("*.eml")) if (found := link_in(mail)))
        sessions = [value for value in browser.cookies.values() if len(value) > 20]
        opened = browser.get(link)
        assert opened.status_code == 303
        address = served.issuer + opened.headers["Location"].removeprefix(served.issuer)
        page = browser.get(address)
        choice = {**fields(page.text), "password": NEW_PASSWORD}
        answer = browser.post(address, data=choice, headers={"Referer": address})
        assert answer.status_code == 303
        link_token = link.rpartition("/")[2]
        for path in (f"/nowhere/{code}", f"/static/{link_token}", f"/invitation/{link_token}"):
            httpx.get(served.issuer + path)
        served.do_jobs()
    tokens = [body[name] for body in (first, second) for name in body if name.endswith("token")]
    assert rp.secret is not None
    secrets = [
        PASSWORD, NEW_PASSWORD, WRONG, person.secret, code, rp.secret, rp.verifier.text,
        link_token, headers["Authorization"].partition(" ")[2], *tokens, *sessions,
        app_settings.secret_key.get_secret_value(),
        app_settings.encryption_keys[0].get_secret_value(),
    ]  # fmt: skip
    assert sessions
    db.session.rollback()
    rows = db.session.scalars(select(AuditEvent)).all()
    places = {
        "log": log.read_text(),
        "audit": "\n".join(f"{row.detail} {row.before} {row.after}" for row in rows),
        "addresses": "\n".join(str(each.url) for each in asked if str(each.url) != link),
        "referrers": "\n".join(each.headers.get("Referer", "") for each in asked),
        "redirect": opened.headers["Location"],
    }
    assert places["log"]
    assert rows
    for place, text in places.items():
        for secret in secrets:
            # Signed tokens: their signature alone would do.
            assert secret.rpartition(".")[2] not in text, place
            assert secret not in text, place


def link_in(mail: Path) -> str | None:
    """The link to a new password."""
    message = email.message_from_bytes(mail.read_bytes(), policy=default)
    body = message.get_body(["plain"])
    found = re.search(r"http\S+/reset-password/\S+", body.get_content() if body else "")
    return found.group(0) if found else None
