"""This product itself as the provider of an organisation: one instance signs in at another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from approvals.organisations.models import Organisation
from approvals.settings import Settings
from identity.upstream import connections, visits
from tests.approvals import world
from tests.approvals.federation.conftest import come_back, facts, leave, prove
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.people import GRACE, linked, sessions, to_provider
from tests.conftest import ISSUER, application, settings
from tests.identity.oidc import signing_keys
from tests.identity.oidc.foreign_client import sign_in as sign_in_there
from tests.identity.oidc.relying_party import register
from tests.identity.oidc.served import Served, serving
from tests.identity.people import Person, make_person

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture
def other_settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    """The other instance, with a database of its own."""
    path = tmp_path / "other.sqlite3"
    shutil.copy(sqlite_template, path)
    return settings(f"sqlite:///{path}", mail_directory=tmp_path / "other-mail")


@pytest.fixture
def grace_there(other_settings: Settings) -> Person:
    with application(other_settings):
        signing_keys.ready()
        return make_person("grace@elsewhere.example")


@pytest.fixture
def other(other_settings: Settings, grace_there: Person) -> Iterator[Served]:
    with serving(other_settings, workers=1) as served:
        yield served


def test_person_signs_in_at_another_instance_with_the_level_that_it_names(
    app: Flask,
    client: FlaskClient,
    melfield: Organisation,
    name_server: NameServer,
    other_settings: Settings,
    other: Served,
    grace_there: Person,
) -> None:
    connection = connections.connect(facts(melfield, other.issuer, amr_trusted=True))
    with app.test_request_context():
        callback = visits.redirect_uri(connection)
    with application(other_settings):
        registered = register(
            redirect_uris=[callback], token_endpoint_auth_method="client_secret_post"
        )
    chosen = facts(
        melfield,
        other.issuer,
        amr_trusted=True,
        client_id=registered["client_id"],
        client_secret=registered["client_secret"],
    )
    connections.change(connection, chosen)
    prove(connection, name_server)
    grace = linked(
        world.who(world.member(melfield, GRACE)), connection, subject=grace_there.subject
    )
    page = to_provider(client)
    with httpx.Client() as browser:
        address = sign_in_there(browser, leave(page), grace_there, callback=ISSUER)
    come_back(page, address)
    (session,) = sessions()
    assert session.account_id == grace.id
    assert session.amr == ("pwd", "otp", "mfa")
    assert session.acr == "urn:secure-access:aal2"
    assert session.connection_sid is not None
