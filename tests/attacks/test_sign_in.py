"""Attacks on signing in: group LG of the security catalogue, in one process."""

from __future__ import annotations

import io
import re
import time
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actors import Actor
from app.audit import AuditEvent
from app.database import db, writing
from approvals.settings import Settings
from identity.accounts import invitations
from identity.administration import suspension
from identity.credentials.hashing import hash_password
from identity.credentials.models import PasswordCredential
from identity.credentials.password import store
from identity.email_address import EmailAddress
from identity.sessions.access import own_page
from identity.sign_in.models import AttemptBucket
from tests.closed_accounts import close
from tests.conftest import settings
from tests.identity.conftest import Post, audited
from tests.identity.people import PASSWORD, Person, make_person, sign_in
from tests.identity.walking import Walker

PROXY = "127.0.0.1"


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(database_url, mail_directory=tmp_path / "mail", trusted_proxies=PROXY)


def _everybody(person: Person) -> list[str]:
    """A known, an unknown, a suspended, an invited and a closed address, one without a password."""
    closed = make_person("joan@school.example", "Joan", "Clarke")
    close(closed)
    suspended = make_person("grace@school.example", "Grace", "Hopper")
    suspension.suspend(suspended.account, actor=Actor.command("test"))
    with writing():
        invitations.invite(
            EmailAddress.parse("new@school.example"),
            "N",
            "N",
            invited_by="A",
            sender="",
            organisation_name="O",
        )
    without = make_person("sso@school.example", "Sue", "Upstream")
    with writing() as session:
        session.delete(session.get_one(PasswordCredential, without.account_id))
    return [
        person.email,
        "nobody@school.example",
        suspended.email,
        "new@school.example",
        without.email,
        closed.email,
    ]


def _stable(html: str) -> str:
    html = re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", html)
    html = re.sub(r"journey=[0-9a-f-]{36}", "", html)
    html = re.sub(r"&#34;challenge&#34;: &#34;[\w-]+&#34;", "", html)
    return re.sub(r'nonce="[^"]*"', "", html)


def test_LG_01_sign_in_and_reset_answer_every_address_alike(
    app: Flask, person: Person, post: Post
) -> None:
    answers: dict[str, set[tuple[Any, ...]]] = {"sign-in": set(), "reset": set()}
    for email in _everybody(person):
        page = Walker(app.test_client()).get("/sign-in")
        refused = page.submit(email=email, password="wrong wrong wrong")
        body = _stable(refused.html).replace(email, "")
        headers = sorted(set(refused.response.headers.keys()) - {"X-Request-Id"})
        answers["sign-in"].add((refused.status, body, tuple(headers)))
        walker = Walker(app.test_client())
        asked = walker.get("/forgot-password").submit(email=email)
        answers["reset"].add(
            (asked.status, _stable(asked.html), tuple(r.status_code for r in walker.seen))
        )
        assert len(post.to(email)) >= 1
    assert {kind: len(found) for kind, found in answers.items()} == {"sign-in": 1, "reset": 1}


def test_LG_02_reset_takes_the_same_time_for_every_address(app: Flask, person: Person) -> None:
    """Time of the processor, interleaved; the least of each address's samples is compared.

    Noise only ever adds, and ends with more samples; a difference in the work does not.
    """
    people = _everybody(person)
    least = dict.fromkeys(people, 60.0)
    for sample in range(18):
        for email in people:
            client = app.test_client()
            client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{sample}"
            page = Walker(client).get("/forgot-password")
            begun = time.process_time()
            page.submit(email=email, follow=False)
            least[email] = min(least[email], time.process_time() - begun)
        if sample >= 4 and max(least.values()) - min(least.values()) < 0.005:
            return
    raise AssertionError(least)


def test_LG_03_and_SE_09_suspended_person_with_right_password_is_answered_like_others(
    app: Flask, person: Person
) -> None:
    wrong = Walker(app.test_client()).get("/sign-in")
    wrong = wrong.submit(email=person.email, password="wrong wrong wrong")
    suspension.suspend(person.account, actor=Actor.command("test"))
    right = Walker(app.test_client()).get("/sign-in")
    right = right.submit(email=person.email, password=PASSWORD)
    assert _stable(right.html) == _stable(wrong.html)


def test_LG_04_wrong_passwords_are_throttled_except_on_a_known_device(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    owner = app.test_client()
    sign_in(owner, person)
    Walker(owner).get("/sign-out").submit()
    clock.shift(timedelta(minutes=1))
    page = Walker(app.test_client()).get("/sign-in")
    answers = [page.submit(email=person.email, password=f"wrong {n}") for n in range(10)]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 5
    assert answers[-1].response.headers["Retry-After"] == "60"
    assert "too many times. Wait 1 minute, or reset your password" in answers[-1].text
    # The right password does not help the stranger while the wait lasts.
    assert page.submit(email=person.email, password=PASSWORD).status == 429
    assert sign_in(owner, person, "/account").heading == "Your account"
    clock.shift(timedelta(seconds=61))
    assert page.submit(email=person.email, password=PASSWORD).heading == "Enter the 6-digit code"


def test_LG_05_owner_resets_the_password_and_signs_in_on_a_new_device(
    app: Flask, person: Person, post: Post
) -> None:
    for number in range(30):
        _guess(app, person.email, f"198.51.100.{number}")
    owner = app.test_client()
    page = Walker(owner).get("/sign-in").submit(email=person.email, password=PASSWORD)
    assert page.status == 429
    Walker(owner).get("/forgot-password").submit(email=person.email)
    link = re.search(r"http://localhost:8000(/reset-password/\S+)", post.to(person.email)[-1])
    assert link
    Walker(owner).get(link.group(1)).submit(password="copper lantern hill 7")
    person.password = "copper lantern hill 7"
    assert sign_in(owner, person, "/account").heading == "Your account"


def test_LG_06_sixty_people_of_one_network_sign_in(app: Flask) -> None:
    for number in range(60):
        someone = make_person(f"p{number}@school.example", "Pat", f"Number{number}")
        assert sign_in(app.test_client(), someone, "/account").heading == "Your account"
    assert db.session.scalars(select(AttemptBucket.failures)).all().count(0) >= 60


@pytest.mark.parametrize(
    "forwarded", ["a", "", "1.2.3.4, a", ",,,", "999.1.1.1", "::1%eth0", "x" * 5000]
)
def test_LG_07_unreadable_forwarded_address_is_counted(
    app: Flask, person: Person, forwarded: str
) -> None:
    statuses = [_guess(app, person.email, forwarded) for _ in range(6)]
    assert statuses == [200] * 5 + [429]


@pytest.mark.parametrize(
    ("header", "remote"),
    [
        ("HTTP_X_FORWARDED_FOR", "198.51.100.7"),
        # Headers that no setting trusts, though the proxy passes them on.
        ("HTTP_FORWARDED", PROXY),
        ("HTTP_X_REAL_IP", PROXY),
        ("HTTP_X_CLIENT_IP", PROXY),
    ],
)
def test_LG_07_forwarded_header_of_untrusted_caller_is_ignored(
    app: Flask, person: Person, header: str, remote: str
) -> None:
    statuses = []
    for number in range(6):
        network = f"203.0.113.{number}"
        value = f"for={network}" if header == "HTTP_FORWARDED" else network
        statuses.append(_guess(app, person.email, value, remote=remote, header=header))
    assert statuses == [200] * 5 + [429]


def test_LG_07_addresses_of_an_ipv6_network_share_one_count(app: Flask, person: Person) -> None:
    statuses = [_guess(app, person.email, f"2001:db8:1:2::{number}") for number in range(1, 7)]
    assert statuses == [200] * 5 + [429]
    assert _guess(app, person.email, "2001:db8:1:3::1") == 200


def test_LG_08_spellings_of_one_address_share_one_count(app: Flask) -> None:
    spellings = [
        "user@school.example", "User@school.example", " user@school.example", "user@SCHOOL.example",
        unicodedata.normalize("NFKC", "ｕｓｅｒ@school.example"), "ｕｓｅｒ@school.example",
    ]  # fmt: skip
    statuses = [_guess(app, spelling, "198.51.100.9") for spelling in spellings]
    assert statuses == [200] * 5 + [429]


@pytest.mark.parametrize(
    "password",
    ["x" * 100_000, "\x00" * 20, "🦊" * 30, " " + PASSWORD, PASSWORD + " ", PASSWORD.upper()],
)
def test_LG_09_malformed_passwords_are_wrong_passwords(
    app: Flask, person: Person, password: str
) -> None:
    page = Walker(app.test_client()).get("/sign-in").submit(email=person.email, password=password)
    assert page.status == 200
    assert "Your email address or password is incorrect." in page.text


def test_LG_09_password_of_a_million_characters_is_refused(app: Flask, person: Person) -> None:
    page = Walker(app.test_client()).get("/sign-in")
    refused = page.submit(email=person.email, password="x" * 1_000_000)
    assert "Your email address or password is incorrect." in refused.text
    assert page.submit(email=person.email, password="x" * 1_100_000).status == 413


def test_LG_09_password_is_the_same_in_both_normal_forms_and_is_cut_nowhere(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    chosen = "crème brûlée " * 8 + "end"  # over 72 bytes, where bcrypt would cut
    with writing():
        store(person.account_id, hash_password(chosen))
    shown = {
        typed: Walker(app.test_client()).get("/sign-in").submit(email=person.email, password=typed)
        for typed in (chosen, unicodedata.normalize("NFD", chosen), chosen[:-1], chosen[:72])
    }
    headings = [page.heading for page in shown.values()]
    assert headings == ["Enter the 6-digit code"] * 2 + ["Sign in"] * 2


def test_LG_10_malformed_addresses_are_refused_and_not_logged(app: Flask, person: Person) -> None:
    client = app.test_client()
    page = Walker(client).get("/sign-in")
    form = page.form()
    for email in ("x" * 5000, "\ufffd@\x00", "a@b\r\nBcc: c@d", "['a']", "{}"):
        answer = page.submit(email=email, password="secret phrase 1")
        assert answer.status == 200
    file = {**form.values, "email": (io.BytesIO(b"x"), "x.txt"), "password": "p"}
    assert client.post(form.action, data=file).status_code in {303, 429}
    assert client.post(f"{form.action}&email={person.email}&password={PASSWORD}").status_code == 400
    assert client.post(form.action, json={"email": ["a"], "password": {"b": 1}}).status_code == 400
    raw = b"email=%ff%fe&password=%80&csrf_token=" + form.values["csrf_token"].encode()
    kind = "application/x-www-form-urlencoded"
    assert client.post(form.action, data=raw, content_type=kind).status_code in {303, 429}
    rows = db.session.scalars(select(AuditEvent)).all()
    assert rows
    for row in rows:
        assert "secret phrase" not in str(row.detail)
        assert "Bcc" not in str(row.detail)
    assert audited("sign_in.password_refused")[0]["reason"] == "not right"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "https:evil.example", "https://evil.example", "/\\evil.example",
        "javascript:alert(1)", "/%0d%0a".replace("%0d", "\r").replace("%0a", "\n"),
        "\\/evil.example", "/\t/evil.example", " //evil.example", "", "evil", "/" + "x" * 3000,
    ],
)  # fmt: skip
def test_LG_13_next_parameter_leads_to_own_pages_only(
    client: FlaskClient, person: Person, address: str
) -> None:
    assert own_page(address) is None
    sign_in(client, person)
    answer = client.get("/sign-in", query_string={"next": address})
    assert answer.status_code == 303
    assert re.match(r"^/[a-z]", answer.headers["Location"].removeprefix("http://localhost:8000"))


def test_LG_13_journey_of_another_browser_is_refused(app: Flask, person: Person) -> None:
    victim = Walker(app.test_client()).get("/sign-in?next=/account")
    thief = Walker(app.test_client())
    page = thief.get(victim.address)
    assert page.address != victim.address
    page = victim.submit(email=person.email, password=PASSWORD)
    assert thief.get(page.address).heading == "Sign in"


def _guess(
    app: Flask,
    email: str,
    forwarded: str,
    remote: str = PROXY,
    header: str = "HTTP_X_FORWARDED_FOR",
) -> int:
    client = app.test_client()
    client.environ_base.update({"REMOTE_ADDR": remote, header: forwarded})
    page = Walker(client).get("/sign-in")
    return page.submit(email=email, password="wrong wrong wrong").status
