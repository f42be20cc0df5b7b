"""An organisation with a provider of its own, connected and proven."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask

from approvals.organisations.models import Organisation
from approvals.settings import Settings
from identity.upstream import connections, dns_proof, domains, visits
from identity.upstream.connections import ConnectionFacts
from identity.upstream.models import Connection
from tests.approvals import world
from tests.approvals.federation import peer as peers
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.peer import BrowserThere, Peer
from tests.conftest import settings
from tests.identity.walking import Page

DOMAIN = "melfield.example"


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path, name_server: NameServer) -> Settings:
    """Providers and name servers of the tests listen on the loopback."""
    return settings(
        database_url,
        mail_directory=tmp_path / "mail",
        outbound_networks=["127.0.0.0/8", "::1/128"],
        dns_resolvers=[name_server.address],
    )


@pytest.fixture(scope="session")
def peer(processes: None) -> Iterator[Peer]:
    with peers.running() as provider:
        yield provider


@pytest.fixture
def there(peer: Peer) -> Iterator[BrowserThere]:
    """A browser at the provider."""
    with httpx.Client() as client:
        yield BrowserThere(peer, client)


@pytest.fixture
def trusted(app: Flask, melfield: Organisation, peer: Peer, name_server: NameServer) -> Connection:
    """A connection whose second factor counts here."""
    return connect(app, melfield, peer, name_server, amr_trusted=True)


@pytest.fixture
def untrusted(
    app: Flask, melfield: Organisation, peer: Peer, name_server: NameServer
) -> Connection:
    """A connection whose people show their second step here."""
    return connect(app, melfield, peer, name_server)


@pytest.fixture
def melfield(app: Flask) -> Organisation:
    return world.school("Melfield Primary School", urn="100001")


@pytest.fixture
def elm(app: Flask) -> Organisation:
    return world.school("Elm School", urn="100002")


def facts(organisation: Organisation, issuer: str, **changes: object) -> ConnectionFacts:
    values: dict[str, object] = {
        "name": "Melfield account",
        "issuer": issuer,
        "client_id": "not registered yet",
        "client_secret": "not registered yet",
        "organisations": [organisation.public_id],
        "amr_trusted": False,
        "own_factors_forbidden": False,
        **changes,
    }
    return ConnectionFacts(**values)  # type: ignore[arg-type]  # values by name


def prove(connection: Connection, name_server: NameServer, domain: str = DOMAIN) -> None:
    claimed = domains.add(connection, domain)
    name_server.records[dns_proof.record_name(domain)] = [dns_proof.record_text(claimed.challenge)]
    domains.prove(claimed)


def connect(
    app: Flask,
    organisation: Organisation,
    peer: Peer,
    name_server: NameServer,
    *,
    domain: str = DOMAIN,
    logout_uri: str | None = None,
    **changes: object,
) -> Connection:
    """Connect the provider, register there, and prove the domain."""
    chosen = facts(organisation, peer.issuer, **changes)
    connection = connections.connect(chosen)
    with app.test_request_context():
        redirect_uri = visits.redirect_uri(connection)
    client_id, secret = peer.register(redirect_uri, logout_uri)
    registered = facts(
        organisation, peer.issuer, **{**changes, "client_id": client_id, "client_secret": secret}
    )
    connections.change(connection, registered)
    prove(connection, name_server, domain)
    return connection


def leave(page: Page) -> str:
    """Press the button that leads to the provider; return the address there."""
    page = page.submit()
    assert page.heading.startswith("Going to"), page.text
    _, _, address = page.response.headers["Refresh"].partition("url=")
    return address


def come_back(page: Page, address: str) -> Page:
    """Follow the provider's redirect."""
    parts = urlsplit(address)
    assert address.startswith("http://localhost:8000/")
    return page.walker.get(f"{parts.path}?{parts.query}")


def visit(page: Page, there: BrowserThere, login: str, *, amr: str = "", acr: str = "") -> Page:
    """Go to the provider, sign in there, and come back."""
    return come_back(page, there.sign_in(leave(page), login, amr=amr, acr=acr))
