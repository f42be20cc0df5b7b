"""Endpoints that programs call are reached directly, by the same rules as pages."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web import anyone, permit
from app.web.authorisation import Allowed, Refused, Rule
from app.web.client_address import client_address
from app.web.direct_endpoints import PROGRAM_ENDPOINTS, ProgramEndpoints
from app.web.http import Headers, Request, Response, current_request
from tests.conftest import settings
from wsgi import create_app


def nobody(_arguments: object) -> Allowed | Refused:
    return Refused("nobody may")


def mark(request: Request) -> Headers:
    return [("X-Marked", request.endpoint or "")]


@pytest.fixture
def caller() -> FlaskClient:
    """Of an application with some endpoints more, each there once for programs and once for all."""
    site = create_app(settings("sqlite://"))
    _add(site, "plain", lambda: Response('{"said": "this"}'))
    _add(site, "broken", _broken)
    _add(site, "closed", Response, rule=nobody)
    _add(site, "empty", lambda: Response(media_type=None))
    _add(site, "gone", lambda: Response(status=204, media_type=None))
    _add(site, "asked", _echo_request)
    PROGRAM_ENDPOINTS.add(site, ProgramEndpoints("program", lambda _view: True, mark))
    return site.test_client()


def _add(site: Flask, name: str, answer: Callable[[], Response], rule: Rule = anyone) -> None:
    @permit(rule)
    def view() -> Response:
        return answer()

    for way in ("page", "program"):
        site.add_url_rule(f"/{way}/{name}", f"{way}.{name}", view, methods=["GET", "POST"])


def _broken() -> Response:
    raise RuntimeError("SELECT secret")


def _echo_request() -> Response:
    request = current_request()
    return Response(
        json.dumps(
            [
                request.method,
                request.path,
                request.query,
                request.media_type,
                request.header("X-Some"),
                request.header("X-Other"),
                request.accepts_by_name("application/jwt"),
                request.body().decode(),
                request.body().decode(),
                str(client_address(request)),
            ]
        )
    )


def test_direct_endpoint_calls_the_view_and_adds_headers(caller: FlaskClient) -> None:
    answer = caller.get("/program/plain")
    assert answer.get_json() == {"said": "this"}
    assert answer.headers["X-Marked"] == "program.plain"
    assert "X-Marked" not in caller.get("/page/plain").headers


@pytest.mark.parametrize("name", ["plain", "broken", "closed"])
def test_direct_endpoint_has_status_and_headers_of_a_page(caller: FlaskClient, name: str) -> None:
    as_program, as_page = caller.get(f"/program/{name}"), caller.get(f"/page/{name}")
    assert as_program.status_code == as_page.status_code
    different = {"X-Marked", "X-Request-Id", "Content-Security-Policy", "Content-Length"}
    assert {pair for pair in as_program.headers.to_wsgi_list() if pair[0] not in different} == {
        pair for pair in as_page.headers.to_wsgi_list() if pair[0] not in different
    }
    assert as_program.headers["X-Request-Id"]
    assert "frame-ancestors 'none'" in as_program.headers["Content-Security-Policy"]


def test_direct_endpoint_checks_the_rule_before_the_view(caller: FlaskClient) -> None:
    assert caller.get("/program/closed").status_code == 403


def test_direct_endpoint_error_discloses_no_internals(caller: FlaskClient) -> None:
    answer = caller.get("/program/broken")
    assert answer.status_code == 500
    assert "SELECT" not in answer.text


def test_direct_endpoint_without_body_has_content_length_zero(caller: FlaskClient) -> None:
    assert caller.post("/program/empty").headers["Content-Length"] == "0"


def test_response_that_cannot_have_a_body_has_no_content_length(caller: FlaskClient) -> None:
    for way in ("page", "program"):
        assert "Content-Length" not in caller.get(f"/{way}/gone").headers


@pytest.mark.parametrize("way", ["page", "program"])
def test_direct_endpoint_passes_the_same_request_as_flask(caller: FlaskClient, way: str) -> None:
    answer = caller.post(
        f"/{way}/asked?a=%C3%A9",
        data="b=1",
        content_type="Text/Plain; charset=utf-8",
        headers={"X-Some": "thing", "Accept": "application/json;q=0.5, application/jwt"},
    )
    said = ["POST", f"/{way}/asked", "a=%C3%A9", "text/plain", "thing", None, True]
    assert answer.get_json() == [*said, "b=1", "b=1", "127.0.0.1"]


def test_direct_endpoint_refuses_a_body_that_is_too_large(caller: FlaskClient) -> None:
    answers = [caller.post(f"/{way}/asked", data=b"x" * 1_048_577) for way in ("page", "program")]
    assert [answer.status_code for answer in answers] == [413, 413]


def test_direct_endpoint_refuses_undeclared_methods_and_paths(caller: FlaskClient) -> None:
    refused = caller.delete("/program/plain")
    assert refused.status_code == 405
    assert {"GET", "POST"} <= set(refused.headers["Allow"].split(", "))
    assert caller.get("/program/plain/").status_code == 404
    assert caller.get("/PROGRAM/plain").status_code == 404
    assert caller.head("/program/plain").status_code == 200
