"""The limit on requests: each page has a count of its own for each network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.database import db
from app.web.rate_limits import limiter
from tests.conftest import settings
from wsgi import create_app


@pytest.fixture
def limited(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    # The limits of the first application of a process stay those of all.
    monkeypatch.setattr(limiter.limit_manager, "_default_limits", [])
    app = create_app(settings(database_url, request_limit="3 per minute"))
    yield app
    with app.app_context():
        db.engine.dispose()


def _statuses(client: FlaskClient, path: str, *, network: str = "192.0.2.1") -> list[int]:
    return [
        client.get(path, environ_overrides={"REMOTE_ADDR": network}).status_code for _ in range(5)
    ]


def test_requests_over_default_limit_are_refused(limited: Flask) -> None:
    client = limited.test_client()
    assert _statuses(client, "/sign-in/closed") == [200, 200, 200, 429, 429]


def test_default_limit_counts_each_page_and_network(limited: Flask) -> None:
    client = limited.test_client()
    _statuses(client, "/sign-in/closed")
    assert _statuses(client, "/sign-in/cannot") == [200, 200, 200, 429, 429]
    other = _statuses(client, "/sign-in/closed", network="192.0.2.2")
    assert other == [200, 200, 200, 429, 429]


def test_request_over_default_limit_says_when_to_come_again(limited: Flask) -> None:
    client = limited.test_client()
    _statuses(client, "/sign-in/closed")
    refused = client.get("/sign-in/closed", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert 1 <= int(refused.headers["Retry-After"]) <= 61


def test_endpoint_without_limit_is_not_counted(limited: Flask) -> None:
    assert _statuses(limited.test_client(), "/healthz") == [200] * 5
