"""Pages of a sign-in at an organisation's own provider, walked: joining, linking, and refusals.

The browser's requests to the provider are answered here; the service's own go to a provider that
listens on the loopback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import update

from app.database import writing
from approvals.memberships.actions import withdraw_invitation
from approvals.organisations.models import Organisation
from identity.upstream import connections
from identity.upstream.models import Connection
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, facts, prove
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.forging import ForgingProvider
from tests.approvals.federation.people import linked
from tests.identity.people import Person, make_person
from tests.journeys.conftest import press
from tests.journeys.in_process import (
    Site,
    both_ways,
    browser_of,
    enter_as,
    name_server,
    on_sqlite,
    shows,
    shows_error,
    site,
)
from tests.journeys.overflow import ORGANISATION, SURNAME

pytestmark = pytest.mark.browser
__all__ = ["name_server", "site"]
NAME = "Melfield account"
LONG_LOCAL = "grace.headteacheranddesignatedsafeguardingl"


@dataclass
class Provider:
    """The organisation's provider, its connection, and what it answers a browser next."""

    forging: ForgingProvider
    connection: Connection
    school: Organisation
    error: str | None = None
    visits: int = field(default=0)
    waits: bool = False
    """Whether it shows a page of its own before it sends the browser back."""

    @property
    def grace(self) -> str:
        return f"{LONG_LOCAL}@{DOMAIN}"

    def meet(self, page: Page) -> None:
        """Answer the requests of this page's browser to the provider."""
        page.context.route(f"{self.forging.issuer}/authorize**", self._authorize)

    def _authorize(self, route: Route) -> None:
        self.visits += 1
        asked = parse_qs(urlsplit(route.request.url).query)
        code = f"code-{self.visits}"
        self.forging.nonces[code] = asked["nonce"][0]
        answer = {"state": asked["state"][0], "iss": self.forging.issuer}
        answer |= {"error": self.error} if self.error else {"code": code}
        location = f"{asked['redirect_uri'][0]}?{urlencode(answer)}"
        if self.waits:
            body = f'<h1>At the provider</h1><a href="{escape(location)}">Back</a>'
            route.fulfill(content_type="text/html", body=f"<main>{body}</main>")
        else:
            route.fulfill(status=302, headers={"Location": location})


@pytest.fixture
def provider(site: Site, name_server: NameServer) -> Iterator[Provider]:
    """A connection whose provider's second factor does not count here."""
    forging = ForgingProvider()
    school = world.school(ORGANISATION)
    connection = connections.connect(
        facts(school, forging.issuer, client_id="client-1", amr_trusted=False)
    )
    prove(connection, name_server)
    yield Provider(forging, connection, school)
    forging.close()


def trust(provider: Provider) -> None:
    with writing() as session:
        session.execute(update(Connection).values(amr_trusted=True))


def to_provider(page: Page, site: Site, provider: Provider) -> None:
    """From the sign-in page to the page with the button to the provider."""
    page.goto(f"{site.issuer}/sign-in")
    page.fill("input[name=email]", provider.grace)
    press(page, "Sign in with your organisation")
    shows(page, f"Sign in with {NAME}")


def go_there(page: Page, heading: str) -> None:
    """Press the button that leads there, and come back to the page of the heading."""
    go_to_provider(page, heading)
    shows(page, heading)


def go_to_provider(page: Page, heading: str) -> None:
    """Press the button that leads there, and expect a page with the heading."""
    page.get_by_role("button", name=f"Continue to {NAME}").click()
    expect(page.locator("h1").first).to_have_text(heading)


@on_sqlite
@both_ways
def test_newcomer_joins_with_the_account_of_their_organisation(
    site: Site, chromium: Browser, provider: Provider, javascript: bool
) -> None:
    world.invited(
        provider.school, provider.grace, "School_Named", given_name="Grace", family_name=SURNAME
    )
    provider.forging.claims = {"name": f"Grace {SURNAME}", "email": provider.grace}
    with browser_of(chromium, javascript=javascript) as page:
        provider.meet(page)
        page.goto(site.link(provider.grace, "invitation"))
        shows(page, "You have been invited")
        press(page, re.compile("organisation|Melfield"))
        shows(page, f"Sign in with {NAME}")
        go_there(page, "Check your account and name")
        names = [page.input_value(f"input[name={name}_name]") for name in ("given", "family")]
        for name in ("given", "family"):
            page.fill(f"input[name={name}_name]", "")
        press(page, "Continue")
        shows_error(page, "Check your account and name", re.compile("name"))
        page.fill("input[name=given_name]", names[0])
        page.fill("input[name=family_name]", names[1])
        press(page, "Continue")
        shows(page, "Create a passkey")
        page.get_by_role("link", name="Use an authenticator app instead").click()
        shows(page, "Set up your authenticator app")
        page.fill("input[name=code]", "000000")
        press(page, "Continue")
        shows_error(page, "Set up your authenticator app", "The code is not right.")
        secret = page.locator(".sa-key").inner_text().replace(" ", "")
        page.fill("input[name=code]", pyotp.TOTP(secret).now())
        press(page, "Continue")
        shows(page, "Save your recovery codes")
        press(page, "I have saved these codes")
        shows(page, "You have joined")
        be_refused(page, site, provider)


def be_refused(page: Page, site: Site, provider: Provider) -> None:
    """Join with the account of somebody else, and with an invitation that was withdrawn."""
    other = world.invited(provider.school, f"other@{DOMAIN}", "School_Named")
    for waits in (False, True):
        provider.waits = waits
        page.context.clear_cookies()
        page.goto(site.link(other.email, "invitation"))
        press(page, re.compile("organisation|Melfield"))
        go_to_provider(page, "At the provider" if waits else "That account is in use")
        if not waits:
            shows(page, "That account is in use")
    withdraw_invitation(other, actor=world.COMMAND)
    page.get_by_role("link", name="Back").click()
    shows(page, "This page has run out")


@on_sqlite
@both_ways
def test_member_links_the_account_of_their_organisation(
    site: Site, chromium: Browser, provider: Provider, javascript: bool
) -> None:
    grace = make_person(provider.grace, "Grace", SURNAME)
    member = world.member(provider.school, grace.email, "School_Named", family_name=SURNAME)
    ann = make_person("ann@ashfield.example", "Ann", "Dean")
    world.member(provider.school, ann.email, approver=True)
    world.member(world.school("Elm School", "100002"), grace.email, approver=True)
    with (
        browser_of(chromium, javascript=javascript) as desk,
        browser_of(chromium, javascript=javascript) as page,
    ):
        provider.meet(page)
        enter_as(desk, site, ann.account)
        send_the_link(desk, site, world.path(provider.school, "users", member.public_id))
        page.goto(site.link(grace.email, "invitation"))
        page.get_by_role("button", name=re.compile("Accept|Continue|Sign in")).first.click()
        link_it(page, site, grace)
        use_it(page, site, provider)


def send_the_link(desk: Page, site: Site, user: str) -> None:
    desk.goto(f"{site.issuer}{user}")
    shows(desk, desk.locator("h1").first.inner_text())
    desk.get_by_role("link", name=re.compile("link to connect|connect")).click()
    shows(desk, desk.locator("h1").first.inner_text())
    press(desk, "Send the link")
    shows(desk, desk.locator("h1").first.inner_text())


def link_it(page: Page, site: Site, grace: Person) -> None:
    page.fill("input[name=password]", grace.password)
    press(page, re.compile("^(Sign in|Continue)$"))
    page.fill("input[name=code]", grace.code())
    press(page, "Continue")
    with page.expect_navigation():
        page.locator("main form button").first.click()
    shows(page, "You have joined")
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    shows(page, f"Link {NAME}")
    go_there(page, "You have joined")


def use_it(page: Page, site: Site, provider: Provider) -> None:
    """A session that began there opens one organisation; another asks for own factors."""
    page.context.clear_cookies()
    trust(provider)
    to_provider(page, site, provider)
    go_there(page, "My services")
    page.goto(f"{site.issuer}/account/password")
    shows(page, "Use your own password")


@on_sqlite
@both_ways
def test_sign_in_at_the_provider_that_fails_says_what_to_do(
    site: Site, chromium: Browser, provider: Provider, javascript: bool
) -> None:
    trust(provider)
    with browser_of(chromium, javascript=javascript) as page:
        provider.meet(page)
        page.goto(f"{site.issuer}/sign-in")
        page.fill("input[name=email]", "ada@elsewhere.example")
        press(page, "Sign in with your organisation")
        shows_error(page, "Sign in", "Enter the email address that your organisation gave you")
        to_provider(page, site, provider)
        go_there(page, "You cannot sign in here yet")
        linked(world.who(world.member(provider.school, provider.grace)), provider.connection)
        provider.forging.claims = {"amr": ["pwd"]}
        to_provider(page, site, provider)
        go_there(page, "A second step is missing")
        provider.error = "access_denied"
        to_provider(page, site, provider)
        go_there(page, "You are not signed in")
        callback = f"/sign-in/organisation/{provider.connection.public_id}/callback"
        page.goto(f"{site.issuer}{callback}?state=x&code=y")
        shows(page, "You are not signed in")
        provider.error = None
        to_provider(page, site, provider)
        provider.forging.close()
        page.get_by_role("button", name=f"Continue to {NAME}").click()
        shows(page, f"{NAME} does not answer")
