"""Round trips to PostgreSQL of the endpoints that services call all day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from approvals.settings import Settings
from tests.approvals.decision import world
from tests.conftest import settings
from tests.identity.oidc import signing_keys
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import make_person
from tests.identity.walking import Walker
from tests.servers.round_trips import Relay, counted

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

SERVICE = "school_performance"
AT_MOST = {
    "authorize": 2,
    "client_credentials": 1,
    "code exchange": 3,
    "refresh": 2,
    "userinfo": 1,
    "introspection": 1,
}
"""The family, the facts of a person that this worker does not know yet, and the unit of work.

Authorize, to which people return: their session and the unit of work.
"""
SIGN_IN_AT_MOST = 37
"""Of five requests: two transactions of three and eleven statements, two units, and reads."""


@pytest.fixture
def relay(database_url: str) -> Iterator[Relay]:
    port = urlsplit(database_url).port
    assert port is not None
    with counted(port) as found:
        yield found


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path, relay: Relay) -> Settings:
    port = urlsplit(database_url).port
    relayed = database_url.replace(f":{port}/", f":{relay.port}/")
    return settings(relayed, mail_directory=tmp_path / "mail")


@dataclass
class Flow:
    """A client and the browsers of people who may enter its service."""

    relay: Relay
    rp: RelyingParty
    scope: str
    browsers: list[FlaskClient]

    def trips(self, endpoint: str) -> int:
        """The round trips of one request, after the same for another person.

        Once a second a worker asks whether clients or keys have changed, so the least counts.
        """
        found = []
        for browser in self.browsers:
            asked = self._request(endpoint, browser)
            before = self.relay.count
            assert asked().status_code in {200, 303}
            found.append(self.relay.count - before)
        return min(found[1:])

    def _request(self, endpoint: str, browser: FlaskClient) -> Callable[[], TestResponse]:
        rp = self.rp
        if endpoint == "client_credentials":
            return rp.credentials
        code = rp.code(browser, scope=self.scope)
        if endpoint == "authorize":
            return lambda: browser.get(rp.request(scope=self.scope))
        if endpoint == "code exchange":
            return lambda: rp.redeem(code)
        tokens = rp.redeem(code).get_json()
        if endpoint == "refresh":
            return lambda: rp.refresh(tokens["refresh_token"])
        if endpoint == "userinfo":
            return lambda: rp.userinfo(tokens["access_token"])
        return lambda: rp.post("/introspect", {"token": tokens["access_token"]})


@pytest.fixture(params=["service", "identity only"])
def flow(app: Flask, relay: Relay, request: pytest.FixtureRequest) -> Flow:
    signing_keys.ready()
    world.load_school_performance()
    people = [make_person(f"person{number}@example.org") for number in range(4)]
    school = world.organisation("Elm School", urn="100001")
    for person in people:
        account = person.account
        world.grant(world.member(account, school), "School_Named")
    browsers = [signed_in_browser(app, person) for person in people]
    scope = "openid profile email"
    if request.param == "service":
        scope += " organisation access"
        registration = register(service=SERVICE, scope=f"{scope} remits:read")
    else:
        registration = register()
    return Flow(relay, RelyingParty(app.test_client(), registration), scope, browsers)


@pytest.mark.parametrize("endpoint", AT_MOST)
def test_endpoint_takes_few_round_trips(flow: Flow, endpoint: str) -> None:
    assert 1 <= flow.trips(endpoint) <= AT_MOST[endpoint]


def test_sign_in_takes_few_round_trips(app: Flask, relay: Relay) -> None:
    found = []
    for number in range(4):
        person, browser = make_person(f"person{number}@example.org"), app.test_client()
        before = relay.count
        page = Walker(browser).get("/sign-in").submit(email=person.email, password=person.password)
        form = page.form()
        answer = browser.post(form.action, data={**form.values, "code": person.code()})
        found.append(relay.count - before)
        assert answer.status_code == 303
    assert 1 <= min(found[1:]) <= SIGN_IN_AT_MOST
