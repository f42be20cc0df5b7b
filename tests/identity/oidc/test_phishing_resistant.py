"""Requests that need a sign-in which resists phishing: with a passkey."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db
from identity.credentials import webauthn_ceremonies
from identity.sessions.models import Session
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import WITH_PASSKEY, add_passkey, options_on
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, arrived, walk
from tests.identity.people import PASSWORD, Person
from tests.identity.walking import Page

BEST = "urn:secure-access:aal2-phishing-resistant"


def acr_of(rp: RelyingParty, page: Page) -> str:
    """The `acr` claim of the code with which the walk arrived."""
    claims = rp.verified(rp.redeem(arrived(page)["code"]).get_json()["id_token"])
    level: str = claims["acr"]
    return level


def set_up(page: Page, key: Authenticator) -> Page:
    """The page after a passkey was set up from "Set up a passkey"."""
    assert page.heading.endswith("Set up a passkey")
    page = page.submit("second-step/passkey")
    assert page.heading == "Add a passkey"
    return page.submit("passkey/add", name="Key", credential=key.create(options_on(page)))


def test_discovery_announces_the_phishing_resistant_level(rp: RelyingParty) -> None:
    metadata = rp.http.get("/.well-known/openid-configuration").get_json()
    assert metadata["acr_values_supported"][-1] == BEST


def test_person_with_passkey_signs_in_with_it_where_it_is_required(
    rp: RelyingParty, stranger: FlaskClient, ada: Person
) -> None:
    key = add_passkey(ada)
    page = walk(stranger, rp.request(acr_values=BEST))
    page = page.submit("/sign-in?", email=ada.email, password=PASSWORD)
    assert page.heading.endswith("Use your passkey")
    assert "authenticator app" not in page.text
    page = page.submit("/sign-in/passkey", assertion=key.get(options_on(page)))
    assert acr_of(rp, page) == BEST


def test_session_with_code_is_raised_by_the_passkey(
    rp: RelyingParty, browser: FlaskClient, ada: Person
) -> None:
    key = add_passkey(ada)
    page = walk(browser, rp.request(acr_values=BEST))
    assert page.heading.endswith("Sign in")
    page = page.submit(WITH_PASSKEY, assertion=key.get(options_on(page)))
    assert acr_of(rp, page) == BEST
    assert "code" in rp.authorize(browser, acr_values=BEST, prompt="none")


@pytest.mark.parametrize("essential", [True, False])
def test_person_without_passkey_sets_one_up_and_continues(
    rp: RelyingParty, stranger: FlaskClient, ada: Person, essential: bool
) -> None:
    claims = {"id_token": {"acr": {"essential": True, "values": [BEST]}}}
    changes = {"claims": json.dumps(claims)} if essential else {"acr_values": BEST}
    page = walk(stranger, rp.request(**changes))
    page = page.submit("/sign-in?", email=ada.email, password=PASSWORD).submit(code=ada.code())
    assert acr_of(rp, set_up(page, Authenticator())) == BEST


def test_passkey_that_was_set_up_raises_the_session_in_which_it_was_made(
    rp: RelyingParty, stranger: FlaskClient, ada: Person
) -> None:
    page = walk(stranger, rp.request(acr_values=BEST))
    page = page.submit("/sign-in?", email=ada.email, password=PASSWORD).submit(code=ada.code())
    before = db.session.scalars(select(Session)).one()
    sid, token_hash = before.sid, before.token_hash
    set_up(page, Authenticator())
    db.session.expire_all()
    after = db.session.scalars(select(Session)).one()
    assert (after.sid, after.acr) == (sid, BEST)
    assert after.token_hash != token_hash, "the cookie of before the step-up is worth nothing"
    assert after.amr_values == ["pwd", "otp", "mfa", "hwk", "user"]


def test_passkey_that_is_rejected_raises_no_session(
    rp: RelyingParty, stranger: FlaskClient, ada: Person
) -> None:
    page = walk(stranger, rp.request(acr_values=BEST))
    page = page.submit("/sign-in?", email=ada.email, password=PASSWORD).submit(code=ada.code())
    refused = set_up(page, Authenticator(verifies=False))
    assert refused.title.startswith("Error: Add a passkey")
    assert db.session.scalars(select(Session.acr)).one() == "urn:secure-access:aal2"


def test_set_up_in_an_older_session_needs_the_factors_at_hand(
    rp: RelyingParty, provider: Flask, ada: Person, clock: time_machine.Traveller
) -> None:
    browser = signed_in_browser(provider, ada, age=timedelta(minutes=20))
    page = walk(browser, rp.request(acr_values=BEST))
    page = page.submit("second-step/passkey")
    assert page.heading == "Confirm it is you"
    page = page.submit("confirm-it-is-you", password=PASSWORD).submit(code=ada.code())
    assert page.heading == "Add a passkey"
    credential = Authenticator().create(options_on(page))
    page = page.submit("passkey/add", name="Key", credential=credential)
    assert "code" in arrived(page)


def test_person_who_sets_up_no_passkey_returns_with_an_error(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    page = walk(browser, rp.request(acr_values=BEST))
    assert arrived(page.walker.get(page.link("Cancel")))["error"] == "access_denied"


def test_prompt_none_without_passkey_gets_interaction_required(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    told = rp.authorize(browser, acr_values=BEST, prompt="none")
    assert told["error"] == "interaction_required"


def test_lower_level_that_is_requested_too_needs_no_passkey(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    page = walk(browser, rp.request(acr_values=f"{BEST} urn:secure-access:aal2"))
    assert acr_of(rp, page) == "urn:secure-access:aal2"


def test_issuer_without_host_name_has_no_phishing_resistant_level(
    rp: RelyingParty, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webauthn_ceremonies, "relying_party", lambda: None)
    metadata = rp.http.get("/.well-known/openid-configuration").get_json()
    assert BEST not in metadata["acr_values_supported"]
    page = walk(browser, rp.request(acr_values=BEST))
    assert acr_of(rp, page) == "urn:secure-access:aal2"
    claims = {"id_token": {"acr": {"essential": True, "values": [BEST]}}}
    told = rp.authorize(browser, claims=json.dumps(claims))
    assert told["error"] == "unmet_authentication_requirements"
