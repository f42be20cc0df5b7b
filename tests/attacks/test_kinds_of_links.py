"""Every kind of link in a mail: scanners, forged hosts, second uses, newer links, other routes.

`KINDS` lists the routes with a token and the templates whose mails carry it. The first test fails
for a route or a template that is not listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.database import writing
from approvals.pending_decisions.models import PendingDecision
from identity.accounts import invitations
from identity.credentials import reset
from identity.recovery.link import send_link
from tests.identity.conftest import Post
from tests.identity.credentials.authenticator import Authenticator
from tests.identity.credentials.passkey_pages import options_on
from tests.identity.joining.test_joining import EMAIL, invite, join
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Page, Walker
from wsgi import ROOT

ISSUER = "http://localhost:8000"
CHOSEN = "copper lantern hill 7"
NEW = "ada@new-trust.example"
LINK = re.compile(r"\{\{ issuer \}\}\{\{ link \}\}")
TOKEN = re.compile(rf"{ISSUER}(/\S+/)([\w-]{{43,}})")
FORGED = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}


@dataclass
class Scene:
    """A person with an account, an invited one, and a browser that both use."""

    app: Flask
    person: Person
    post: Post
    client: FlaskClient
    signed_in: bool = False
    invited: list[object] = field(default_factory=list)

    def walker(self) -> Walker:
        """Return the browser, in which the person is signed in."""
        if not self.signed_in:
            sign_in(self.client, self.person)
            self.signed_in = True
        return Walker(self.client)

    def path(self, address: str, begin: str) -> str:
        """Return the newest link of that route that was mailed to the address."""
        found = [
            match[1] + match[2]
            for mail in self.post.to(address)
            for match in TOKEN.finditer(mail)
            if match[1] == begin
        ]
        assert found, self.post.to(address)
        return found[-1]


@dataclass(frozen=True)
class Kind:
    """A kind of link. send: sends one and returns its path; a second call sends a newer one.

    use: uses the link up and returns the page that follows. signed_in: the link works in the
    session of its person only. replaced: a newer link supersedes it. moot: does otherwise what the
    link is for.
    """

    templates: frozenset[str]
    send: Callable[[Scene], str]
    use: Callable[[Scene, str], Page]
    used: str
    moot: Callable[[Scene], object]
    signed_in: bool = False
    replaced: bool = True


def _send_invitation(scene: Scene) -> str:
    if not scene.invited:
        scene.invited.append(invite())
    else:
        with writing():
            invitations.resend(scene.invited[0])  # type: ignore[arg-type]  # put there above
    return scene.path(EMAIL, "/invitation/")


def _withdraw_invitation(scene: Scene) -> None:
    with writing():
        invitations.withdraw(scene.invited[0])  # type: ignore[arg-type]  # put there when it was sent


def _send_reset(scene: Scene) -> str:
    page = Walker(scene.client).get("/forgot-password")
    page.submit("/forgot-password", email=scene.person.email)
    return scene.path(scene.person.email, "/reset-password/")


def _send_not_me(scene: Scene) -> str:
    with writing():
        reset.send_disavowable(scene.person.account, "credentials/codes_guessed", at=now())
    return scene.path(scene.person.email, "/not-me/")


def _send_confirmation(scene: Scene) -> str:
    scene.walker().get("/account/email").submit("/account/email", email=NEW)
    return scene.path(NEW, "/account/email/confirm/")


def _send_second_step(scene: Scene) -> str:
    with writing() as session:
        decision = PendingDecision(
            kind="second_step_reset",
            account_id=scene.person.account_id,
            asked_by="test",
            asked_at=now(),
            ended_at=now(),
        )
        session.add(decision)
        session.flush()
        send_link(scene.person.account, decision.public_id)
    return scene.path(scene.person.email, "/second-step-reset/")


def _change_password(scene: Scene) -> None:
    page = scene.walker().get("/account/password")
    page.submit("/account/password", current_password=PASSWORD, password=CHOSEN)


def _reset_password(scene: Scene) -> None:
    path = _send_reset(scene)
    Walker(scene.app.test_client()).get(path).submit("", password=CHOSEN)


def _change_address_otherwise(scene: Scene) -> None:
    scene.walker().get("/account/email").submit("/account/email", email="ada@other.example")
    path = scene.path("ada@other.example", "/account/email/confirm/")
    scene.walker().get(path).submit("")


def _open(scene: Scene, path: str) -> Page:
    return Walker(scene.client).get(path)


def _use_second_step(scene: Scene, path: str) -> Page:
    page = _open(scene, path).submit("", password=PASSWORD)
    if is_over(page):
        return page
    return page.submit("", credential=Authenticator().create(options_on(page)))


KINDS = {
    "/invitation/<token>": Kind(
        frozenset({"accounts/invitation", "accounts/registration"}),
        _send_invitation,
        lambda scene, path: join(scene.app.test_client(), path),
        "Save your recovery codes",
        _withdraw_invitation,
    ),
    "/reset-password/<token>": Kind(
        frozenset({"credentials/reset"}),
        _send_reset,
        lambda scene, path: _open(scene, path).submit("", password=CHOSEN),
        "Password changed",
        _change_password,
    ),
    "/not-me/<token>": Kind(
        frozenset(
            {
                "account_closing/requested",
                "account_joining/requested",
                "credentials/codes_guessed",
                "credentials/new_device",
                "credentials/passkey_changed",
                "credentials/passkey_copied",
                "credentials/password_changed",
                "credentials/recovery_code_used",
                "credentials/second_step_changed",
                "own_account/address_changed",
                "recovery/second_step_replaced",
                "second_step_resets/for_person",
                "sign_in/device_copied",
                "upstream/linked",
                "upstream/unlinked",
            }
        ),
        _send_not_me,
        lambda scene, path: _open(scene, path).submit(""),
        "Choose a new password",
        _reset_password,
        # Each mail tells of an event of its own.
        replaced=False,
    ),
    "/account/email/confirm/<token>": Kind(
        frozenset({"own_account/confirm_address"}),
        _send_confirmation,
        lambda scene, path: scene.walker().get(path).submit(""),
        "Your account",
        _change_address_otherwise,
        signed_in=True,
    ),
    "/second-step-reset/<token>": Kind(
        frozenset({"recovery/second_step_link"}),
        _send_second_step,
        _use_second_step,
        "Save your recovery codes",
        _change_address_otherwise,
    ),
}
every_kind = pytest.mark.parametrize("route", KINDS)


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene(app, make_person(), Post(), app.test_client())


def is_over(page: Page) -> bool:
    return page.status == 410


def test_links_of_mails_are_all_listed_with_their_routes(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if "<token>" in rule.rule}
    assert routes == KINDS.keys()
    mails = ROOT / "templates" / "mail"
    found = {
        str(template.relative_to(mails).with_suffix(""))
        for template in mails.rglob("*.txt")
        if LINK.search(template.read_text())
    }
    assert found == set().union(*(kind.templates for kind in KINDS.values()))


@every_kind
def test_LK_01_link_has_the_host_of_the_issuer_whatever_the_request_says(
    scene: Scene, route: str
) -> None:
    scene.client.environ_base |= {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in FORGED.items()
    }
    KINDS[route].send(scene)
    texts = [text for mail in scene.post.all() for text in scene.post.to(mail.recipient)]
    assert texts
    assert "evil.example" not in "".join(texts)


@every_kind
def test_LK_08_mail_scanner_uses_no_link_up(scene: Scene, route: str) -> None:
    kind = KINDS[route]
    path = kind.send(scene)
    for _ in range(5):
        scanner = scene.app.test_client()
        assert scanner.head(path).status_code == 303
        assert Walker(scanner).get(path).status == 200
    assert not is_over(kind.use(scene, path))


@every_kind
def test_LK_03_link_of_every_kind_works_once(scene: Scene, route: str) -> None:
    kind = KINDS[route]
    path = kind.send(scene)
    other = scene.walker() if kind.signed_in else Walker(scene.app.test_client())
    opened = other.get(path)
    assert kind.use(scene, path).heading == kind.used
    assert is_over(Walker(scene.app.test_client()).get(path))
    assert is_over(opened.submit(""))


@every_kind
def test_LK_05_newer_link_of_every_kind_supersedes_the_older_one(scene: Scene, route: str) -> None:
    kind = KINDS[route]
    older = kind.send(scene)
    newer = kind.send(scene)
    assert older != newer
    assert is_over(Walker(scene.app.test_client()).get(older)) is kind.replaced
    assert not is_over(kind.use(scene, newer))


@every_kind
def test_LK_05_link_of_every_kind_ends_with_what_it_was_for(scene: Scene, route: str) -> None:
    kind = KINDS[route]
    path = kind.send(scene)
    kind.moot(scene)
    assert is_over(Walker(scene.app.test_client()).get(path))


@every_kind
def test_LK_07_token_of_every_kind_leaves_the_address(scene: Scene, route: str) -> None:
    path = KINDS[route].send(scene)
    walker = scene.walker() if KINDS[route].signed_in else Walker(scene.app.test_client())
    page = walker.get(path)
    token = path.rpartition("/")[2]
    assert token not in page.address
    assert token not in page.html
    for answer in walker.seen:
        assert "no-store" in answer.headers["Cache-Control"]


@every_kind
def test_LK_11_token_of_every_kind_opens_no_other_route(scene: Scene, route: str) -> None:
    path = KINDS[route].send(scene)
    token = path.rpartition("/")[2]
    others = [other.replace("<token>", token) for other in KINDS if other != route]
    for address in (*others, path[:-1], f"{path}x"):
        assert is_over(Walker(scene.app.test_client()).get(address)), address
    assert not is_over(KINDS[route].use(scene, path))


@every_kind
def test_LK_11_journey_of_every_kind_opens_in_its_own_browser_only(
    scene: Scene, route: str
) -> None:
    path = KINDS[route].send(scene)
    scanner = scene.app.test_client()
    journey = scanner.get(path).headers["Location"]
    if KINDS[route].signed_in:
        assert is_over(scene.walker().get(journey))
    else:
        assert is_over(Walker(scene.app.test_client()).get(journey))
