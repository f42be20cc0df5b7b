"""Behaviour that every page and endpoint shares."""

import pytest
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient

from app.request_reference import short_reference
from app.web import Refused, anyone, permit
from app.web.authorisation import require_a_rule_for_every_route
from app.web.client_address import client_network
from app.web.headers import allow_form_redirect
from tests.conftest import settings
from wsgi import create_app


@pytest.fixture
def site() -> Flask:
    """The shell with a few pages of this test's own; no storage is touched."""
    app = create_app(settings("sqlite://", trusted_proxies="10.0.0.0/8"))

    @app.get("/try/open")
    @permit(anyone)
    def _open() -> str:
        return render_template_string('<p id="{{ csp_nonce() }}"></p>')

    @app.get("/try/refused")
    @permit(lambda _arguments: Refused("not yours"))
    def _refused() -> str:
        raise AssertionError("the rule was not asked")

    @app.get("/try/hidden")
    @permit(lambda _arguments: Refused("not yours", hidden=True))
    def _hidden() -> str:
        raise AssertionError("the rule was not asked")

    @app.get("/try/broken")
    @permit(anyone)
    def _broken() -> str:
        raise RuntimeError("SELECT secret FROM somewhere")

    @app.post("/try/form")
    @permit(anyone)
    def _form() -> str:
        return "accepted"

    @app.get("/try/network")
    @permit(anyone)
    def _network() -> str:
        return client_network()

    @app.get("/try/away")
    @permit(anyone)
    def _away() -> str:
        allow_form_redirect("https://rp.example:8443/callback?x=1")
        return request.url

    return app


@pytest.fixture
def browser(site: Flask) -> FlaskClient:
    return site.test_client()


def test_application_with_a_route_without_rule_does_not_start(site: Flask) -> None:
    site.add_url_rule("/try/forgotten", "forgotten", lambda: "hello")
    with pytest.raises(RuntimeError, match="forgotten"):
        require_a_rule_for_every_route(site)


def test_routes_of_the_product_all_have_a_rule() -> None:
    require_a_rule_for_every_route(create_app(settings("sqlite://")))


def test_refusal_is_answered_before_the_view_runs(browser: FlaskClient) -> None:
    assert browser.get("/try/refused").status_code == 403
    assert browser.get("/try/hidden").status_code == 404


def test_unexpected_error_shows_a_reference_only(browser: FlaskClient) -> None:
    response = browser.get("/try/broken")
    assert response.status_code == 500
    assert "SELECT" not in response.text
    assert short_reference(response.headers["X-Request-Id"]) in response.text


def test_nonce_of_a_page_is_new_and_in_its_policy(browser: FlaskClient) -> None:
    first, second = browser.get("/try/open"), browser.get("/try/open")
    nonce = first.text.removeprefix('<p id="').removesuffix('"></p>')
    assert f"'nonce-{nonce}'" in first.headers["Content-Security-Policy"]
    assert first.text != second.text


def test_pages_are_not_stored_by_caches(browser: FlaskClient) -> None:
    headers = browser.get("/try/open").headers
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]


def test_form_action_policy_names_the_origin_of_the_redirect(browser: FlaskClient) -> None:
    policy = browser.get("/try/away").headers["Content-Security-Policy"]
    assert "form-action 'self' https://rp.example:8443;" in policy


def test_form_without_its_token_is_refused(browser: FlaskClient) -> None:
    response = browser.post("/try/form")
    assert response.status_code == 400
    assert "timed out" in response.text


def test_LK_01_request_with_another_host_is_refused(browser: FlaskClient) -> None:
    response = browser.get("/try/open", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "http://localhost:8000" in response.text


def test_url_for_uses_the_issuer_whatever_a_proxy_says(browser: FlaskClient) -> None:
    response = browser.get(
        "/try/away", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    )
    assert response.text == "http://localhost:8000/try/away"


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("192.0.2.7", "203.0.113.9", "192.0.2.7/32"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9/32"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9/32"),
        ("10.0.0.1", "a", "10.0.0.1/32"),
        ("10.0.0.1", "", "10.0.0.1/32"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", "192.0.2.7/32"),
    ],
)
def test_LG_07_client_address_is_read_from_trusted_proxies_only(
    browser: FlaskClient, peer: str, forwarded: str, network: str
) -> None:
    response = browser.get(
        "/try/network", headers={"X-Forwarded-For": forwarded}, environ_base={"REMOTE_ADDR": peer}
    )
    assert response.text == network


def test_program_endpoints_return_errors_as_json(browser: FlaskClient) -> None:
    response = browser.get("/nowhere", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.get_json()["request_id"] == response.headers["X-Request-Id"]


def test_program_endpoints_errors_name_methods_and_no_pages(browser: FlaskClient) -> None:
    told = browser.delete("/try/network", headers={"Accept": "application/json"})
    assert told.status_code == 405
    assert told.get_json()["error"] == "invalid_request"
    assert "Allow" in told.get_json()["error_description"]
    assert "GET" in told.headers["Allow"]


def test_TK_17_request_body_that_is_too_large_is_refused(browser: FlaskClient) -> None:
    assert browser.post("/try/form", data={"text": "x" * 2_000_000}).status_code == 413


def test_https_issuer_sets_hsts_and_host_cookies() -> None:
    app = create_app(settings("sqlite://", issuer="https://access.example.org"))
    response = app.test_client().get("/healthz")
    assert "max-age=63072000" in response.headers["Strict-Transport-Security"]
    assert app.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert app.config["SESSION_COOKIE_SECURE"]
