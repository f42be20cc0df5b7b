"""The playground keeps each browser's sign-ins to itself."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from examples.playground.app import create_playground
from examples.playground.provider import Provider, Settings
from examples.playground.shown import SENTENCES, curl

SETTINGS = Settings(
    issuer="https://access.example.org",
    client_id="playground",
    client_secret="a secret",
    base="http://localhost:8002/playground",
    api="http://localhost:8001/api",
)


@pytest.fixture
def playground(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Beside a provider that is never called."""
    monkeypatch.setattr(Provider, "supports", lambda _self, _member: ["one", "two"])
    monkeypatch.setattr(
        Provider, "address", lambda _self, name: f"https://access.example.org/{name}"
    )
    return create_playground(SETTINGS)


def begun(browser: FlaskClient) -> tuple[str, str]:
    """Where the steps are, and the state of the request."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/").text)
    assert token is not None
    form = {"csrf_token": token[1], "scope": ["openid", "access"], "max_age": "300"}
    place = browser.post("/", data=form).location
    page = browser.get(place).text
    state = re.search(r"^state = (\S+)", page, re.MULTILINE)
    assert "scope = openid access" in page
    assert "max_age = 300" in page
    assert state is not None
    return place, state[1]


def test_playground_shows_nothing_to_another_browser(playground: Flask) -> None:
    place, _ = begun(playground.test_client())
    assert playground.test_client().get(place).status_code == 404


def test_CS_09_callback_of_another_browser_is_refused(playground: Flask) -> None:
    _, state = begun(playground.test_client())
    answer = {"code": "stolen", "state": state, "iss": SETTINGS.issuer}
    for browser in (playground.test_client(), playground.test_client()):
        assert browser.get("/callback", query_string=answer).status_code == 400
    assert playground.test_client().post("/callback", data=answer).status_code == 400


def test_CS_09_callback_of_another_issuer_is_not_redeemed(playground: Flask) -> None:
    browser = playground.test_client()
    _, state = begun(browser)
    answer = {"code": "c", "state": state, "iss": "https://evil.example"}
    assert browser.get("/callback", query_string=answer).status_code == 400


def test_CS_01_form_without_its_token_is_refused(playground: Flask) -> None:
    assert playground.test_client().post("/", data={"scope": "openid"}).status_code == 400


def test_playground_shows_requests_for_a_shell() -> None:
    shown = curl("POST", "https://a/token", {"code": "it's"}, client=("id", "secret"), bearer=None)
    assert shown.splitlines()[0] == "curl \\"
    assert "-u id:secret" in shown
    assert """'code=it'"'"'s'""" in shown


def test_playground_explains_claims_in_the_words_of_the_dictionary() -> None:
    assert SENTENCES["sub"] == "Identifier of the person. It never changes."
    assert {"jti", "client_id", "act", "remit", "capabilities"} <= set(SENTENCES)
