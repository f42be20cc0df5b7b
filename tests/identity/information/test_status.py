"""The status page, and the mark and the name of the organisation that runs the service."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError

from app.health.checks import CHECKS, Detail
from tests.conftest import application, settings
from tests.identity.oidc import signing_keys
from tests.identity.walking import Walker
from tests.servers.ports import free_port
from wsgi import create_app

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


def test_status_page_says_that_the_service_works(app: Flask) -> None:
    signing_keys.ready()
    page = Walker(app.test_client()).get("/status")
    assert (page.status, page.heading) == (200, "The service works")


def test_status_page_says_that_the_service_fails(app: Flask) -> None:
    CHECKS.add(app, Detail("test", lambda: "It fails."))
    page = Walker(app.test_client()).get("/status")
    assert (page.status, page.heading) == (200, "There is a problem with the service")
    assert "It fails." not in page.text


def test_status_page_answers_while_the_database_is_down() -> None:
    address = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    site = create_app(settings(address, support_email="help@access.example"))
    page = Walker(site.test_client()).get("/status")
    assert (page.status, page.heading) == (200, "There is a problem with the service")
    assert "help@access.example" in page.text


def test_pages_name_the_organisation_that_runs_the_service(tmp_path: Path) -> None:
    mark = tmp_path / "mark.svg"
    mark.write_text(SVG)
    with application(settings("sqlite://", run_by="Example <County>", mark=mark)) as site:
        client = site.test_client()
        page = Walker(client).get("/help")
        assert "Example &lt;County&gt; runs this service." in page.html
        answer = client.get("/mark")
    assert (answer.mimetype, answer.text) == ("image/svg+xml", SVG)


def test_mark_is_the_neutral_one_without_a_setting(app: Flask) -> None:
    answer = app.test_client().get("/mark")
    assert answer.mimetype == "image/svg+xml"
    assert "runs this service" not in app.test_client().get("/help").text


@pytest.mark.parametrize("name", ["missing.svg", "mark.html"])
def test_mark_must_be_a_picture_that_exists(tmp_path: Path, name: str) -> None:
    (tmp_path / "mark.html").write_text("<p>")
    with pytest.raises(ValidationError, match="SVG, PNG or WebP"):
        settings("sqlite://", mark=tmp_path / name)
