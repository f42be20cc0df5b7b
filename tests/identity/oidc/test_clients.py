"""Registering clients at the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.database import db
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.models import Client
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty, register

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
METADATA = {"client_name": "Reports", "redirect_uris": [CALLBACK]}


def run(app: Flask, *arguments: str, text: str | None = None) -> Any:
    return app.test_cli_runner().invoke(args=["clients", *arguments], input=text)


def test_register_command_shows_the_secret_once(provider: Flask) -> None:
    result = run(provider, "register", "-", text=json.dumps(METADATA))
    assert result.exit_code == 0, result.output
    response = json.loads(result.output)
    assert response["redirect_uris"] == [CALLBACK]
    assert response["scope"] == "openid profile email offline_access"
    assert response["grant_types"] == ["authorization_code"]
    assert response["token_endpoint_auth_method"] == "client_secret_basic"
    assert response["require_pkce"] is True
    assert response["client_secret_expires_at"] == 0
    assert len(response["client_secret"]) >= 43
    (row,) = audited("client.registered")
    assert (row.actor_kind, row.actor) == ("command", "clients register")
    assert response["client_secret"] not in json.dumps([row.after, row.detail])
    assert response["client_secret"] not in run(provider, "list").output


def test_register_command_registers_a_list_whole_or_not_at_all(provider: Flask) -> None:
    good = run(provider, "register", "-", text=json.dumps([METADATA, METADATA]))
    assert len(json.loads(good.output)) == 2
    bad = run(
        provider,
        "register",
        "-",
        text=json.dumps([METADATA, {"client_name": "x", "redirect_uris": ["http://evil/"]}]),
    )
    assert bad.exit_code == 1
    assert "Client 2" in bad.output
    assert "plain http" in bad.output
    assert len(audited("client.registered")) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"client_name": ""},
        {"redirect_uris": []},
        {"redirect_uris": "https://rp.example"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"grant_types": ["password"]},
        {"response_types": ["token"]},
        {"scope": "no-such"},
        {"service": "no-such"},
        {"resources": ["not a uri"]},
        {"profile": "fapi2"},
        {"id_token_signed_response_alg": "none"},
        {"access_token_lifetime": 3600},
        {"require_pkce": "no"},
        {"contacts": "me"},
        {"jwks_uri": "javascript:x"},
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
    ],
)
def test_register_command_refuses_invalid_metadata(provider: Flask, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadata):
        register(**change)


def test_register_command_reports_a_file_that_is_no_json(provider: Flask) -> None:
    result = run(provider, "register", "-", text="client_name: x")
    assert result.exit_code == 1
    assert "is not JSON" in result.output


def test_disabled_client_and_its_tokens_are_refused(provider: Flask, rp: RelyingParty) -> None:
    token = rp.credentials().get_json()["access_token"]
    assert run(provider, "disable", rp.client_id).exit_code == 0
    assert rp.credentials().status_code == 401
    assert rp.userinfo(token).status_code == 401
    assert "disabled" in run(provider, "list").output


def test_enabled_client_is_accepted_again_and_its_families_stay_ended(
    provider: Flask, rp: RelyingParty, browser: FlaskClient
) -> None:
    token = rp.tokens(browser)["refresh_token"]
    run(provider, "disable", rp.client_id)
    assert run(provider, "enable", rp.client_id).exit_code == 0
    assert rp.credentials().status_code == 200
    assert rp.refresh(token).status_code == 400
    (row,) = audited("client.enabled")
    assert row.actor == "clients enable"


def test_show_command_prints_the_registration_without_secret(
    provider: Flask, rp: RelyingParty
) -> None:
    shown = json.loads(run(provider, "show", rp.client_id).output)
    assert shown == {name: value for name, value in rp.registration.items() if name in shown}
    assert "client_secret" not in shown


def test_update_command_replaces_the_registration(provider: Flask, rp: RelyingParty) -> None:
    change = METADATA | {"grant_types": ["client_credentials"], "client_name": "Renamed"}
    result = run(provider, "update", rp.client_id, "-", text=json.dumps(change))
    assert json.loads(result.output)["client_name"] == "Renamed"
    assert "client_secret" not in json.loads(result.output)
    assert rp.credentials().status_code == 200
    assert rp.redeem("invented").get_json()["error"] == "unauthorized_client"
    (row,) = audited("client.updated")
    assert row.before is not None
    assert row.after is not None
    assert (row.before["client_name"], row.after["client_name"]) == ("Reports", "Renamed")


def test_update_command_with_wrong_metadata_changes_nothing(
    provider: Flask, rp: RelyingParty
) -> None:
    change = METADATA | {"redirect_uris": ["http://rp.example/cb"]}
    result = run(provider, "update", rp.client_id, "-", text=json.dumps(change))
    assert result.exit_code == 1
    assert "plain http" in result.output
    assert json.loads(run(provider, "show", rp.client_id).output)["redirect_uris"] == [CALLBACK]


@pytest.mark.parametrize("command", [["show"], ["enable"], ["disable"], ["update"]])
def test_commands_report_an_unknown_client(provider: Flask, command: list[str]) -> None:
    file = ["-"] if command == ["update"] else []
    result = run(provider, *command, "client-unknown", *file, text=json.dumps(METADATA))
    assert result.exit_code == 1
    assert "There is no client client-unknown." in result.output


def test_new_secret_replaces_the_old_one(provider: Flask, rp: RelyingParty) -> None:
    result = run(provider, "rotate-secret", rp.client_id, "--overlap-hours", "0")
    assert rp.credentials().status_code == 401
    rp.secret = json.loads(result.output)["client_secret"]
    assert rp.credentials().status_code == 200
    assert run(provider, "rotate-secret", "client-unknown").exit_code == 1


def test_old_secret_works_for_a_day_by_default(provider: Flask, rp: RelyingParty) -> None:
    run(provider, "rotate-secret", rp.client_id)
    assert rp.credentials().status_code == 200
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert rp.credentials().status_code == 401


@pytest.mark.parametrize("command", ["register", "update"])
def test_unknown_member_is_ignored_and_named_on_standard_error(
    provider: Flask, rp: RelyingParty, command: str
) -> None:
    words = [command, *([rp.client_id] if command == "update" else []), "-"]
    result = run(provider, *words, text=json.dumps(METADATA | {"sevice": "school_performance"}))
    assert "sevice" not in json.loads(result.stdout)
    assert result.stderr == "Warning: sevice was ignored: no such member is known.\n"


def test_secrets_are_stored_as_hashes_only(provider: Flask, rp: RelyingParty) -> None:
    stored = db.session.scalars(select(Client)).one()
    assert rp.secret is not None
    assert rp.secret not in json.dumps(stored.registration)
    assert stored.secret_hash is not None
    assert rp.secret not in stored.secret_hash
