"""The application in the test's own process, behind a socket, for walks of single pages.

It starts at once, and the test moves its clock and reads its mails. The demo shows the product as
it is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from app.database import db
from approvals.settings import Settings
from identity.accounts.models import Account
from identity.sessions.cookies import SESSION, cookie_name
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.world import session_of
from tests.conftest import application, settings
from tests.identity.conftest import Post
from tests.identity.people import Person
from tests.journeys.conftest import press
from tests.journeys.overflow import overflows
from tests.journeys.test_accessibility import faults_here
from tests.servers import ports

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Pages look the same with both databases."""
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_arguments: object) -> None:
        return


@dataclass(frozen=True)
class Site:
    """The served application."""

    app: Flask
    issuer: str

    def link(self, email: str, kind: str) -> str:
        """Return the newest link to `/<kind>/…` that was mailed to the address."""
        db.session.rollback()
        mails = "\n".join(Post().to(email))
        found: list[str] = re.findall(rf"{self.issuer}/{kind}/\S+", mails)
        assert found, f"no link to {kind} for {email}"
        return found[-1]


@contextmanager
def serving_here(chosen: Settings) -> Iterator[Site]:
    """Serve the application at its issuer."""
    port = int(chosen.issuer.rpartition(":")[2])
    with application(chosen) as app:
        server = make_server(ports.HOST, port, app, threaded=True, request_handler=_Quiet)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Site(app, chosen.issuer)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def site(
    processes: None, database_url: str, tmp_path: Path, name_server: NameServer
) -> Iterator[Site]:
    chosen = settings(
        database_url,
        issuer=f"http://localhost:{ports.free_port()}",
        mail_directory=tmp_path / "mail",
        outbound_networks=["127.0.0.0/8", "::1/128"],
        dns_resolvers=[name_server.address],
        support_email="help@secure-access.example",
    )
    with serving_here(chosen) as served:
        yield served


@contextmanager
def browser_of(chromium: Browser, *, javascript: bool = True) -> Iterator[Page]:
    """Open a browser that nobody has used yet."""
    context = chromium.new_context(
        java_script_enabled=javascript, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def shows(page: Page, heading: str) -> None:
    """Expect the page of that heading, with nothing that axe finds, cut off or too wide."""
    expect(page.locator("h1").first).to_have_text(heading)
    # Without scripts, axe never ends.
    if page.evaluate("matchMedia('(scripting: enabled)').matches"):
        found = str(faults_here(page) or "")
    else:
        found = "; ".join(overflows(page))
    assert not found, f"{page.url}: {found}"


def shows_error(page: Page, heading: str, sentence: str | re.Pattern[str]) -> None:
    """Expect the page of that heading with an error summary that holds the sentence."""
    expect(page.locator(".govuk-error-summary")).to_contain_text(sentence)
    assert page.title().startswith("Error: ")
    shows(page, heading)


def enter_password(page: Page, site: Site, person: Person, start: str = "/sign-in") -> None:
    """Fill in the first page of signing in."""
    page.goto(site.issuer + start)
    page.fill("input[name=email]", person.email)
    page.fill("input[name=password]", person.password)
    press(page, re.compile("^Sign in$"))


def sign_in_here(page: Page, site: Site, person: Person, start: str = "/sign-in") -> None:
    """Sign in with password and code."""
    enter_password(page, site, person, start)
    page.fill("input[name=code]", person.code())
    press(page, "Continue")


def enter_as(page: Page, site: Site, account: Account) -> None:
    """Give the browser a session of the person, where signing in is not the subject."""
    page.context.add_cookies(
        [{"name": cookie_name(SESSION), "value": session_of(account), "url": site.issuer}]
    )
