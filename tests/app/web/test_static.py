"""Static files as browsers fetch them."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import settings
from wsgi import ROOT, create_app

BUDGET = 100_000
"""Bytes of the first page with all that it loads."""
STYLES = "/static/vendor/govuk-frontend/govuk-frontend.min.css"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture(scope="module")
def site() -> FlaskClient:
    """No storage is touched."""
    return create_app(settings("sqlite://")).test_client()


def fetch(site: FlaskClient, path: str, headers: dict[str, str] | None = None) -> TestResponse:
    """The answer, read to its end so that the file is closed."""
    return site.get(path, headers=headers, buffered=True)


def test_first_page_stays_within_its_budget(site: FlaskClient) -> None:
    page = fetch(site, "/help", headers=GZIP)
    assert page.status_code == 200
    assert "Content-Encoding" not in page.headers
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert len(addresses) >= 3
    loaded = [fetch(site, address, headers=GZIP) for address in addresses]
    assert {each.status_code for each in loaded} == {200}
    assert sum(len(each.data) for each in (page, *loaded)) < BUDGET


def test_static_text_is_the_same_compressed(site: FlaskClient) -> None:
    packed, plain = fetch(site, STYLES, headers=GZIP), fetch(site, STYLES)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert gzip.decompress(packed.data) == plain.data == (ROOT / STYLES[1:]).read_bytes()
    for answer in (packed, plain):
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert packed.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity"])
def test_static_text_stays_plain_for_browsers_without_gzip(
    site: FlaskClient, accepted: str
) -> None:
    answer = fetch(site, STYLES, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_static_text_is_not_sent_again_while_it_is_the_same(site: FlaskClient) -> None:
    plain: dict[str, str] = {}
    for headers in (GZIP, plain):
        tag = fetch(site, STYLES, headers=headers).headers["ETag"]
        again = fetch(site, STYLES, headers={**headers, "If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
    tag = fetch(site, STYLES).headers["ETag"]
    other = fetch(site, STYLES, headers={**GZIP, "If-None-Match": tag})
    assert other.status_code == 200


def test_range_of_a_static_file_is_uncompressed(site: FlaskClient) -> None:
    part = fetch(site, STYLES, headers={**GZIP, "Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)
    assert "Content-Encoding" not in part.headers
    head = site.head(STYLES, headers=GZIP, buffered=True)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Encoding"] == "gzip"
