"""Rejected requests are on record where a client or a person can be named, and bounded."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.database import db, writing
from identity.access_termination import end_access
from identity.oidc import refusals
from identity.oidc.client_administration import actions as clients
from identity.oidc.models import TokenFamily
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import RelyingParty
from tests.identity.oidc.signing_party import SigningParty
from tests.identity.people import Person


def reasons(event: str) -> list[str]:
    return [str(row.detail["reason"]) for row in audited(event)]


def remove(person: Person) -> None:
    with writing():
        end_access(person.account_id, cause="removed")


@pytest.mark.parametrize(
    ("use", "event"),
    [
        (lambda rp, tokens: rp.refresh(tokens["refresh_token"]), "token.refused"),
        (lambda rp, tokens: rp.userinfo(tokens["access_token"]), "access.refused"),
        (lambda rp, tokens: rp.introspect(tokens["access_token"]), "access.refused"),
        (lambda rp, tokens: rp.introspect(tokens["refresh_token"]), "access.refused"),
    ],
)
def test_token_of_removed_person_leaves_bounded_audit_rows_wherever_it_is_used(
    rp: RelyingParty,
    browser: FlaskClient,
    ada: Person,
    use: Callable[..., object],
    event: str,
) -> None:
    tokens = rp.tokens(browser)
    remove(ada)
    use(rp, tokens)
    (row,) = audited(event)
    assert (row.subject, row.client) == (ada.subject, rp.client_id)
    assert str(row.detail["reason"]).startswith("family ended")
    for _ in range(refusals.A_MINUTE + 2):
        use(rp, tokens)
    assert len(audited(event)) == refusals.A_MINUTE


def test_authorize_with_wrong_redirect_uri_leaves_bounded_audit_rows(
    rp: RelyingParty, stranger: FlaskClient
) -> None:
    for number in range(refusals.A_MINUTE + 2):
        stranger.get(rp.request(redirect_uri=f"https://evil.example/{number}"))
    rows = audited("request.refused")
    assert len(rows) == refusals.A_MINUTE
    assert rows[0].client == rp.client_id
    assert "https://evil.example/0" in str(rows[0].detail["reason"])
    assert rows[0].detail["network"] == "127.0.0.1/32"


def test_request_of_unknown_client_leaves_no_audit_row(
    rp: RelyingParty, stranger: FlaskClient
) -> None:
    stranger.get(rp.request(client_id="client-0190"))
    assert audited("request.refused") == []


def test_pushed_request_that_is_refused_leaves_an_audit_row(rp: RelyingParty) -> None:
    made = dict(parse_qsl(urlsplit(rp.request(redirect_uri="https://evil.example/")).query))
    assert rp.post("/par", made).status_code == 400
    assert reasons("request.refused") == [f"redirect_uri 'https://evil.example/' of {rp.client_id}"]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"grant_type": "password"}, "This grant type is not supported"),
        ({"scope": "openid"}, "grant_type is missing"),
        ({"grant_type": "client_credentials", "scope": "none-such"}, "No requested scope"),
        ({"grant_type": "client_credentials", "resource": "https://x.example"}, "The resource"),
    ],
)
def test_token_endpoint_records_every_refusal_of_a_known_client(
    rp: RelyingParty, form: dict[str, str], reason: str
) -> None:
    assert rp.post("/token", form).status_code == 400
    (row,) = audited("token.refused")
    assert str(row.detail["reason"]).startswith(reason)


def test_token_of_another_client_leaves_an_audit_row_at_introspection_and_revocation(
    rp: RelyingParty, other_rp: RelyingParty, browser: FlaskClient
) -> None:
    tokens = rp.tokens(browser)
    for name in ("access_token", "refresh_token"):
        other_rp.introspect(tokens[name])
        other_rp.post("/revoke", {"token": tokens[name]})
    rows = audited("access.refused")
    assert {row.client for row in rows} == {other_rp.client_id}
    assert len(rows) == refusals.A_MINUTE
    assert rp.introspect(tokens["access_token"])["active"]


def test_access_token_without_its_proof_leaves_an_audit_row(
    fapi_rp: SigningParty, browser: FlaskClient, ada: Person
) -> None:
    tokens = fapi_rp.tokens(browser)
    headers = {"Authorization": f"DPoP {tokens['access_token']}"}
    assert fapi_rp.http.get("/userinfo", headers=headers).status_code == 401
    (row,) = audited("access.refused")
    assert (row.subject, row.client) == (ada.subject, fapi_rp.client_id)


def test_sign_out_to_unregistered_address_leaves_an_audit_row(
    rp: RelyingParty, browser: FlaskClient
) -> None:
    hint = rp.tokens(browser)["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"}
    assert browser.get("/end-session", query_string=query).status_code == 200
    assert reasons("request.refused") == ["post_logout_redirect_uri 'https://evil.example/'"]


def test_family_of_a_clients_former_service_gives_no_tokens(
    provider: Flask, service_rp: RelyingParty, browser: FlaskClient
) -> None:
    """The family is written after the change: it read the registration just before."""
    code = service_rp.code(browser, scope="openid access")
    metadata = {
        name: value
        for name, value in service_rp.registration.items()
        if name in {"client_name", "redirect_uris", "grant_types", "scope", "resources"}
    }
    clients.update(service_rp.client_id, metadata, grant_types=tuple(GRANT_TYPES))

    with writing():
        db.session.query(TokenFamily).update({"ended_at": None})
    assert service_rp.redeem(code).status_code == 400
    assert "the client's service changed" in reasons("token.refused")
