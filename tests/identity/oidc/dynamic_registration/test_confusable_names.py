"""Names and switches that a client may not give itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from identity.oidc.client_administration import actions
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.identity.oidc.dynamic_registration.test_registration import (
    METADATA,
    manage,
    register,
    token,
)
from tests.identity.oidc.relying_party import CALLBACK
from tests.identity.oidc.relying_party import register as register_by_operator


@pytest.fixture
def http(provider: Flask) -> FlaskClient:
    client: FlaskClient = provider.test_client()
    return client


CONFUSABLE = [
    "School Performance",
    "school performance",
    "SCHOOL  PERFORMANCE",
    "SchoolPerformance",
    "School-Performance.",
    "Schoo1 Performance",
    "School Performance sign-in",
    "The new School Performance",
    "\u0405chool Performance",
    "Sch\u043e\u043el Performance",
    "Secure Access",
    "Secure Access sign-in",
    "Pupil reports",
    "Pupi1 reports",
]


def test_client_cannot_give_itself_the_name_of_a_service_or_of_another_client(
    http: FlaskClient,
) -> None:
    register_by_operator(client_name="Pupil reports")
    bearer = token()
    for name in CONFUSABLE:
        response = register(http, bearer, client_name=name)
        assert response.status_code == 400, name
        body = response.get_json()
        assert body["error"] == "invalid_client_metadata"
        assert body["error_description"].startswith("client_name: "), name
    assert register(http, bearer, client_name="Timetables").status_code == 201


def test_client_of_a_service_may_bear_its_name(http: FlaskClient) -> None:
    bearer = token(services=("reports",), uses=2)
    named = register(http, bearer, client_name="Reports for heads", service="reports")
    assert named.status_code == 201
    assert register(http, bearer, client_name="Reports for heads").status_code == 400


def test_client_cannot_give_itself_the_name_of_a_client_of_another_policy(
    http: FlaskClient,
) -> None:
    theirs = token(uses=2, redirect_hosts=("rp.example",))
    assert register(http, theirs, client_name="Timetables").status_code == 201
    assert register(http, theirs, client_name="Timetables").status_code == 201
    assert register(http, token(), client_name="Timetab1es").status_code == 400


def test_client_keeps_its_own_name_and_takes_no_other_later(http: FlaskClient) -> None:
    registered = register(http, token()).get_json()
    own = METADATA | {"client_id": registered["client_id"]}
    assert manage(http, "PUT", registered, own).status_code == 200
    taken = own | {"client_name": "School Performance"}
    assert manage(http, "PUT", registered, taken).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"require_pkce": False},
        {"policy_uri": "https://evil.example/"},
        {"tos_uri": "https://evil.example/"},
        {"policy_uri#en": "https://evil.example/"},
        {"client_name#en-GB": "School Performance"},
        {"client_name#EN-gb": "School Performance"},
    ],
)
def test_client_cannot_switch_off_pkce_or_lead_people_elsewhere(
    http: FlaskClient, change: dict[str, Any]
) -> None:
    bearer = token(redirect_hosts=("rp.example",))
    assert register(http, bearer, **change).status_code == 400
    assert register(http, bearer).status_code == 201


def test_registration_tells_all_faults_at_once(http: FlaskClient) -> None:
    response = register(
        http,
        token(),
        client_name="",
        redirect_uris=["http://rp.example/", "https://*/"],
        subject_type="x",
        jwks_uri="no address",
    )
    described = response.get_json()["error_description"]
    for member in ("client_name", "http://rp.example/", "https://*/", "subject_type", "jwks_uri"):
        assert member in described


def test_operator_may_name_a_client_as_its_service_and_switch_off_pkce(provider: Flask) -> None:
    registration = actions.register(
        {
            "client_name": "School Performance",
            "redirect_uris": [CALLBACK],
            "require_pkce": False,
        },
        grant_types=tuple(GRANT_TYPES),
    )
    assert registration["require_pkce"] is False
