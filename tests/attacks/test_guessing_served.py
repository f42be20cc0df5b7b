"""Guessing against two served workers, Redis absent, restarted midway: LG-04, LG-05, LG-06.

The servers are real processes over sockets; callers' addresses come through a trusted proxy's
header. The audit counts verified guesses: each verified wrong guess is one row there.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.database import db
from approvals.settings import Settings
from tests.identity.oidc.served import Served, serving
from tests.identity.people import PASSWORD, Person, make_person

pytestmark = pytest.mark.usefixtures("processes")

AT_ONCE = 8
_OPEN: list[httpx.Client] = []


def behind_proxy(app_settings: Settings) -> AbstractContextManager[Served]:
    return serving(app_settings, workers=2, SECURE_ACCESS_TRUSTED_PROXIES="127.0.0.1,::1")


@pytest.fixture(autouse=True)
def _closed_at_the_end() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


@dataclass
class Caller:
    """A browser at one address; `guess` tries a password there, from any address it is told."""

    served: Served
    address: str
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=self.served.issuer,
            cookies=self.cookies,
            timeout=60,
            verify=False,
            trust_env=False,
        )
        _OPEN.append(self.client)
        self.journey, self.token = "", ""

    def guess(self, email: str, password: str, address: str | None = None) -> httpx.Response:
        if not self.token:
            self._open("/sign-in?next=/account", address)
        data = {"csrf_token": self.token, "email": email, "password": password}
        return self.client.post(self.journey, data=data, headers=self._headers(address))

    def sign_in(self, person: Person) -> int:
        """The status of the page behind a whole sign-in, or of the answer that stopped it."""
        self.token = ""
        answer = self.guess(person.email, PASSWORD)
        if answer.status_code != 303:
            return answer.status_code
        self._open(answer.headers["Location"])
        data = {"csrf_token": self.token, "code": person.code()}
        self.client.post(self.journey, data=data, headers=self._headers())
        return self.client.get("/account", headers=self._headers()).status_code

    def sign_out(self) -> None:
        self._open("/sign-out")
        data = {"csrf_token": self.token}
        self.client.post(self.journey, data=data, headers=self._headers())
        self.token = ""

    def again(self, served: Served) -> Caller:
        """The same browser once the servers have been restarted."""
        return Caller(served, self.address, self.client.cookies)

    def _open(self, path: str, address: str | None = None) -> None:
        page = self.client.get(path, headers=self._headers(address), follow_redirects=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert token
        assert action
        self.token, self.journey = token.group(1), action.group(1).replace("&amp;", "&")

    def _headers(self, address: str | None = None) -> dict[str, str]:
        return {"X-Forwarded-For": address or self.address}


def _guess_all(served: Served, guesses: Iterable[tuple[str, str, str]]) -> list[int]:
    """The statuses of guesses (address, e-mail, password), a few at a time."""
    listed = list(guesses)

    def share(number: int) -> list[int]:
        caller = Caller(served, "192.0.2.1")
        caller.guess("nobody@school.example", "to open the form", f"203.0.113.{100 + number}")
        # Thousands of requests: the plainest client there is.
        connection = http.client.HTTPConnection("localhost", served.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in caller.client.cookies.items())
        statuses = []
        for address, email, password in listed[number::AT_ONCE]:
            form = {"csrf_token": caller.token, "email": email, "password": password}
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": cookies,
                "X-Forwarded-For": address,
            }
            connection.request("POST", caller.journey, urlencode(form), headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [status for part in threads.map(share, range(AT_ONCE)) for status in part]


def _verified() -> int:
    """How many wrong guesses were checked against a password, those that opened forms left out."""
    db.session.rollback()
    rows = db.session.scalars(
        select(AuditEvent.detail).where(AuditEvent.event == "sign_in.password_refused")
    )
    return sum(not str(row["network"]).startswith("203.0.113.1") for row in rows)


def test_LG_04_wrong_passwords_are_throttled_except_on_a_known_device(
    app: Flask, app_settings: Settings, person: Person
) -> None:
    with behind_proxy(app_settings) as served:
        owner = Caller(served, "203.0.113.5")
        assert owner.sign_in(person) == 200
        owner.sign_out()
        thief = Caller(served, "198.51.100.1")
        answers = [thief.guess(person.email, f"wrong {number}") for number in range(4)]
    with behind_proxy(app_settings) as served:
        thief = thief.again(served)
        answers += [thief.guess(person.email, f"wrong {number}") for number in range(4, 10)]
        assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 5
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[5:])
        assert owner.again(served).sign_in(person) == 200
    assert _verified() == 5


def test_LG_05_guesses_from_a_thousand_networks_are_throttled(
    app: Flask, app_settings: Settings, person: Person
) -> None:
    """The whole flood on SQLite; on PostgreSQL as much of it as shows that nothing differs there.

    An unverified guess costs only its page, the same with both.
    """
    # Once the account's free tries are used up, each further guess is answered without a look at
    # the password: what the flood costs is the pages that say so.
    many = 10_000 if app_settings.database_url.startswith("sqlite") else 2_000
    guesses = [
        (f"198.51.{number % 1000 // 250}.{number % 250 + 1}", person.email, f"guess {number}")
        for number in range(many)
    ]
    with behind_proxy(app_settings) as served:
        owner = Caller(served, "203.0.113.5")
        assert owner.sign_in(person) == 200
        owner.sign_out()
        statuses = _guess_all(served, guesses[: many // 2])
    with behind_proxy(app_settings) as served:
        statuses += _guess_all(served, guesses[many // 2 :])
        assert owner.again(served).sign_in(person) == 200
    assert statuses.count(303) == _verified() <= 100
    assert statuses.count(303) + statuses.count(429) == many


def test_LG_06_network_that_tries_a_thousand_people_is_throttled_alone(
    app: Flask, app_settings: Settings, person: Person
) -> None:
    neighbour = make_person("grace@school.example", "Grace", "Hopper")
    school = "198.51.100.1"
    guesses = [(school, f"person{number}@school.example", "guess") for number in range(1_000)]
    with behind_proxy(app_settings) as served:
        owner = Caller(served, school)
        assert owner.sign_in(person) == 200
        owner.sign_out()
        statuses = _guess_all(served, guesses[:500])
    with behind_proxy(app_settings) as served:
        statuses += _guess_all(served, guesses[500:])
        assert owner.again(served).sign_in(person) == 200
        stranger = Caller(served, school).guess(neighbour.email, "guess")
        assert stranger.status_code == 429
        assert int(stranger.headers["Retry-After"]) > 0
        elsewhere = Caller(served, "203.0.113.77")
        assert elsewhere.sign_in(neighbour) == 200
    assert statuses.count(303) == _verified() <= 100
