"""A service calls another on a person's behalf (RFC 8693)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from identity.oidc.client_administration import actions
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.token.endpoint import GRANT_TYPES
from identity.sessions.levels import PHISHING_RESISTANT
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.rights import SERVICE, Rights, entrance
from tests.identity.oidc.signing_party import SigningParty

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:access_token"
RESOURCE = "https://pupils.example/api"
GRANTS = ["authorization_code", "refresh_token", GRANT]
SCOPE = "openid profile organisation access"


@pytest.fixture
def caller(provider: Flask) -> RelyingParty:
    """The reporting service that people sign in to."""
    return RelyingParty(provider.test_client(), register(grant_types=GRANTS, **SIGNED_IN))


SIGNED_IN = {"service": SERVICE, "scope": SCOPE}


@pytest.fixture
def target(provider: Flask, caller: RelyingParty) -> RelyingParty:
    """The service that it calls."""
    return RelyingParty(
        provider.test_client(),
        register(
            service=SERVICE,
            scope="openid organisation access",
            resources=[RESOURCE],
            exchange_from=[caller.client_id],
        ),
    )


@pytest.fixture
def token(caller: RelyingParty, target: RelyingParty, browser: FlaskClient) -> str:
    """The person's access token at the caller."""
    return str(caller.tokens(browser, scope=SCOPE)["access_token"])


def exchange(caller: RelyingParty, token: str, **changes: str | None) -> Any:
    parameters = {
        "grant_type": GRANT,
        "subject_token": token,
        "subject_token_type": TYPE,
        "resource": RESOURCE,
        **changes,
    }
    return caller.post("/token", {k: v for k, v in parameters.items() if v is not None})


def error_of(response: Any) -> str:
    assert response.status_code == 400
    return str(response.get_json()["error"])


def test_exchanged_token_is_for_the_target_and_names_the_actor(
    caller: RelyingParty, target: RelyingParty, token: str
) -> None:
    told = exchange(caller, token).get_json()
    assert told["issued_token_type"] == TYPE
    assert told["token_type"] == "Bearer"
    assert told["scope"] == "organisation access"
    assert not {"refresh_token", "id_token"} & told.keys()
    first, second = caller.verified(token), caller.verified(told["access_token"])
    assert second["aud"] == RESOURCE
    assert second["sub"] == first["sub"]
    assert second["act"] == {"sub": caller.client_id}
    assert second["client_id"] == caller.client_id
    assert second["capabilities"] == ["print_reports"]
    assert second["exp"] <= first["exp"]
    assert caller.userinfo(told["access_token"]).status_code == 401
    (*_, row) = audited("token.issued")
    assert row.detail["audience"] == RESOURCE


def test_exchanged_token_is_inactive_for_other_clients(
    caller: RelyingParty, target: RelyingParty, other_rp: RelyingParty, token: str
) -> None:
    exchanged = exchange(caller, token).get_json()["access_token"]
    assert target.introspect(exchanged)["act"] == {"sub": caller.client_id}
    assert caller.introspect(exchanged)["active"]
    assert other_rp.introspect(exchanged) == {"active": False}


def test_exchange_narrows_and_never_widens_the_scope(
    caller: RelyingParty, target: RelyingParty, token: str
) -> None:
    narrowed = exchange(caller, token, scope="organisation").get_json()
    assert narrowed["scope"] == "organisation"
    assert "capabilities" not in caller.verified(narrowed["access_token"])
    for scope in ("profile", "openid", "organisation email", "made-up"):
        assert error_of(exchange(caller, token, scope=scope)) == "invalid_scope"


def test_exchanged_token_has_the_subject_of_the_target(
    provider: Flask, caller: RelyingParty, browser: FlaskClient
) -> None:
    RelyingParty(
        provider.test_client(),
        register(
            scope="openid organisation",
            resources=[RESOURCE],
            exchange_from=[caller.client_id],
            subject_type="pairwise",
        ),
    )
    token = caller.tokens(browser, scope=SCOPE)["access_token"]
    exchanged = exchange(caller, token).get_json()["access_token"]
    assert caller.verified(exchanged)["sub"] != caller.verified(token)["sub"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": "made-up"}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": TYPE.replace("access", "refresh")}, "invalid_request"),
        ({"requested_token_type": TYPE.replace("access_token", "jwt")}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"resource": None}, "invalid_request"),
        ({"audience": "https://another.example/"}, "invalid_request"),
        ({"resource": "https://another.example/"}, "invalid_target"),
        ({"resource": "http://localhost:8000"}, "invalid_target"),
    ],
)
def test_exchange_refuses_unsuitable_tokens(
    caller: RelyingParty, token: str, change: dict[str, str | None], error: str
) -> None:
    assert error_of(exchange(caller, token, **change)) == error


def test_exchange_refuses_a_target_that_allows_no_client(
    provider: Flask, caller: RelyingParty, browser: FlaskClient
) -> None:
    register(service=SERVICE, scope="openid access", resources=[RESOURCE])
    token = caller.tokens(browser, scope=SCOPE)["access_token"]
    assert error_of(exchange(caller, token)) == "invalid_target"


def test_exchange_refuses_tokens_of_another_client(
    provider: Flask, caller: RelyingParty, target: RelyingParty, token: str
) -> None:
    thief = RelyingParty(provider.test_client(), register(grant_types=GRANTS))
    assert error_of(exchange(thief, token)) == "invalid_request"
    own = caller.http.application.test_client()
    service = RelyingParty(
        own, register(grant_types=["client_credentials", *GRANTS], scope="openid remits:read")
    )
    assert error_of(exchange(service, service.credentials().get_json()["access_token"])) == (
        "invalid_request"
    )
    exchanged = exchange(caller, token).get_json()["access_token"]
    assert error_of(exchange(caller, exchanged)) == "invalid_request"


def test_exchange_refuses_clients_that_did_not_register_for_it(
    service_rp: RelyingParty, target: RelyingParty, browser: FlaskClient
) -> None:
    token = service_rp.tokens(browser)["access_token"]
    assert error_of(exchange(service_rp, token)) == "unauthorized_client"


def test_exchange_refuses_a_person_without_access_at_the_target(
    caller: RelyingParty, target: RelyingParty, token: str, rights: Rights
) -> None:
    rights.required_terms = {"new"}
    assert error_of(exchange(caller, token)) in {"invalid_grant", "invalid_target"}
    rights.required_terms = set()
    exchanged = exchange(caller, token).get_json()["access_token"]
    rights.doors = [entrance("oakfield", "no user group")]
    assert target.introspect(exchanged) == {"active": False}
    assert error_of(exchange(caller, token)) in {"invalid_grant", "invalid_request"}


def test_exchanged_token_ends_with_its_family(
    caller: RelyingParty, target: RelyingParty, browser: FlaskClient
) -> None:
    tokens = caller.tokens(browser, scope=f"{SCOPE}")
    exchanged = exchange(caller, tokens["access_token"]).get_json()["access_token"]
    caller.post("/revoke", {"token": tokens["refresh_token"]})
    assert target.introspect(exchanged) == {"active": False}


def test_exchanged_token_ends_when_the_target_withdraws_the_permission(
    caller: RelyingParty, target: RelyingParty, token: str
) -> None:
    exchanged = exchange(caller, token).get_json()["access_token"]
    actions.disable(target.client_id)
    assert error_of(exchange(caller, token)) == "invalid_target"
    assert caller.introspect(exchanged) == {"active": False}


def test_exchanged_token_does_not_outlive_its_token(
    caller: RelyingParty, target: RelyingParty, token: str
) -> None:
    with time_machine.travel(now() + timedelta(seconds=290), tick=False):
        told = exchange(caller, token).get_json()
        assert told["expires_in"] <= 10
    assert caller.verified(told["access_token"])["exp"] <= caller.verified(token)["exp"]


def test_exchange_of_a_bound_token_needs_its_key(provider: Flask, browser: FlaskClient) -> None:
    caller = SigningParty(provider.test_client(), grant_types=GRANTS, **SIGNED_IN)
    register(
        service=SERVICE,
        scope="openid access",
        resources=[RESOURCE],
        exchange_from=[caller.client_id],
    )
    token = caller.tokens(browser, scope=SCOPE)["access_token"]
    told = exchange(caller, token).get_json()
    assert told["token_type"] == "DPoP"
    assert caller.verified(told["access_token"])["cnf"] == caller.verified(token)["cnf"]
    caller.proof_key = type(caller.proof_key).generate_key("P-256")
    assert error_of(exchange(caller, token)) == "invalid_request"


def test_registration_refuses_exchange_from_without_resources_or_secret(provider: Flask) -> None:
    for metadata in ({"exchange_from": ["client-x"]}, {"exchange_from": "client-x"}):
        with pytest.raises(InvalidMetadata):
            register(**metadata)
    with pytest.raises(InvalidMetadata, match="without a secret"):
        register(token_endpoint_auth_method="none", grant_types=GRANTS)


def test_exchange_below_the_minimum_of_the_target_is_refused_on_record(
    caller: RelyingParty, target: RelyingParty, token: str
) -> None:
    registration = actions.find(target.client_id).registration
    actions.update(
        target.client_id,
        {**registration, "minimum_acr": PHISHING_RESISTANT},
        grant_types=tuple(GRANT_TYPES),
    )
    response = exchange(caller, token)
    assert error_of(response) == "invalid_request"
    assert f"acr_values={PHISHING_RESISTANT}" in response.get_json()["error_description"]
    assert "too low" in str(audited("token.refused")[-1].detail["reason"])


def test_exchange_below_the_minimum_of_the_user_group_is_refused(
    caller: RelyingParty, rights: Rights, token: str
) -> None:
    rights.minimum_acr = PHISHING_RESISTANT
    assert error_of(exchange(caller, token)) == "invalid_grant"
