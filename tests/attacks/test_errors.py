"""Contents of errors: HC-02 of the catalogue, at the provider."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.request_reference import short_reference
from app.web import Refused, anyone, permit
from tests.conftest import settings
from wsgi import create_app

INSIDE = (
    "Traceback",
    "SELECT",
    "RuntimeError",
    "werkzeug",
    "Flask",
    "Python/",
    "/site-packages",
    "secret",
)
KINDS = {"text/html": "text/html", "application/json": "application/json"}


@pytest.fixture
def client() -> FlaskClient:
    """The product, with a page that breaks and one that is nobody's; no storage is touched."""
    app = create_app(settings("sqlite://"))

    @app.get("/broken")
    @permit(anyone)
    def _broken() -> str:
        raise RuntimeError("SELECT secret FROM somewhere")

    @app.get("/refused")
    @permit(lambda _arguments: Refused("not yours"))
    def _refused() -> str:
        raise AssertionError("the rule was not asked")

    return app.test_client()


def errors(client: FlaskClient, accept: str) -> dict[int, TestResponse]:
    told = {"Accept": accept}
    return {
        400: client.post("/sign-in", headers=told),
        403: client.get("/refused", headers=told),
        404: client.get("/nowhere/secret", headers=told),
        405: client.delete("/cookies", headers=told),
        413: client.post("/forgot-password", data={"email": "x" * 2_000_000}, headers=told),
        500: client.get("/broken", headers=told),
    }


@pytest.mark.parametrize("accept", KINDS)
def test_HC_02_error_page_has_a_reference_and_no_internals(
    client: FlaskClient, accept: str
) -> None:
    for status, answer in errors(client, accept).items():
        assert answer.status_code == status
        assert answer.mimetype == KINDS[accept], status
        assert short_reference(answer.headers["X-Request-Id"]) in answer.text.upper(), status
        for inside in INSIDE:
            assert inside not in answer.text, f"{status} {inside}"


def test_HC_02_endpoint_errors_are_json_whatever_the_accept_header(client: FlaskClient) -> None:
    answers = [
        client.get("/token"),
        client.post("/token", json={}),
        client.post("/token", data={"scope": "x" * 2_000_000}),
        client.get("/api/nothing"),
        client.get("/jwks/nothing"),
    ]
    assert [answer.status_code for answer in answers] == [405, 415, 413, 404, 404]
    for answer in answers:
        assert answer.mimetype == "application/json"
        assert not any(inside in answer.text for inside in INSIDE)
