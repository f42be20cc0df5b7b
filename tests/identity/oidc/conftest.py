"""People, clients and rights for the provider's tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.identity.oidc import rights as rights_behind_port
from tests.identity.oidc import signing_keys
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.listening import Listening
from tests.identity.oidc.publishing import Publishing
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.rights import Rights
from tests.identity.oidc.signing_party import SigningParty
from tests.identity.people import Person, make_person


@pytest.fixture
def rights(app: Flask) -> Rights:
    return rights_behind_port.install(app)


@pytest.fixture
def provider(app: Flask, rights: Rights) -> Flask:
    """The application with signing keys."""
    signing_keys.ready()
    return app


@pytest.fixture
def ada(provider: Flask) -> Person:
    return make_person()


@pytest.fixture
def browser(provider: Flask, ada: Person) -> FlaskClient:
    """Ada's browser, in which she signed in a moment ago."""
    return signed_in_browser(provider, ada)


@pytest.fixture
def stranger(provider: Flask) -> FlaskClient:
    """A browser in which nobody has signed in."""
    client: FlaskClient = provider.test_client()
    return client


@pytest.fixture
def rp(provider: Flask) -> RelyingParty:
    """A confidential client without a service."""
    return RelyingParty(provider.test_client(), register())


@pytest.fixture
def other_rp(provider: Flask) -> RelyingParty:
    """Another one, with an address of its own."""
    callback = "https://other.example/callback?dummy1=lorem&dummy2=ipsum"
    registration = register(
        client_name="Other",
        redirect_uris=[callback],
        post_logout_redirect_uris=["https://other.example/bye"],
        token_endpoint_auth_method="client_secret_post",
    )
    return RelyingParty(provider.test_client(), registration)


@pytest.fixture
def service_rp(provider: Flask) -> RelyingParty:
    """A client of the service `reports`, with its scopes."""
    registration = register(
        client_name="School reports",
        service="reports",
        scope="openid profile email offline_access organisation access",
        resources=["https://api.rp.example"],
    )
    return RelyingParty(provider.test_client(), registration)


@pytest.fixture
def public_rp(provider: Flask) -> RelyingParty:
    return RelyingParty(
        provider.test_client(),
        register(
            client_name="Public",
            token_endpoint_auth_method="none",
            redirect_uris=["https://spa.example/callback"],
        ),
    )


@pytest.fixture
def fapi_rp(provider: Flask) -> SigningParty:
    """A client of profile fapi2."""
    return SigningParty(provider.test_client())


@pytest.fixture
def signing_rp(provider: Flask) -> SigningParty:
    """A client that must sign its requests and takes signed answers (Message Signing)."""
    return SigningParty(
        provider.test_client(),
        require_signed_request_object=True,
        authorization_signed_response_alg="ES256",
    )


@pytest.fixture
def service() -> Iterator[Listening]:
    """A relying service that is told of sign-outs."""
    listening = Listening()
    yield listening
    listening.close()


@pytest.fixture
def told_rp(provider: Flask, service: Listening) -> RelyingParty:
    return RelyingParty(provider.test_client(), register(backchannel_logout_uri=service.address))


@pytest.fixture
def published() -> Iterator[Publishing]:
    """A server at which clients publish keys and other documents."""
    publishing = Publishing()
    yield publishing
    publishing.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes it so many seconds later for whoever measures time, whatever the clock says."""
    begun = time.monotonic

    def move(seconds: float) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: begun() + seconds)

    return move
