"""Attacks on the wire, by raw bytes to a served process: HC-04, HC-05, HC-06 and HC-08."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest
from flask import Flask

from approvals.settings import Settings
from identity.sessions.cookies import SESSION, cookie_name
from tests.identity.oidc import signing_keys
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.served import Served, serving
from tests.identity.people import Person
from tests.servers import ports

pytestmark = pytest.mark.usefixtures("processes")

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"


@dataclass(frozen=True)
class Answered:
    statuses: list[int]
    closed: bool
    text: str


@dataclass(frozen=True)
class Wire:
    """A served process, spoken to byte by byte."""

    served: Served

    @property
    def host(self) -> bytes:
        return f"Host: localhost:{self.served.port}\r\n".encode()

    def send(self, raw: bytes) -> Answered:
        """All that comes back within a second of silence."""
        got, closed = b"", True
        with socket.create_connection((ports.HOST, self.served.port), timeout=20) as connection:
            with suppress(ConnectionError):
                connection.sendall(raw)
            try:
                while part := connection.recv(65_536):
                    got += part
                    connection.settimeout(1)
            except TimeoutError:
                closed = False
            except ConnectionError:
                closed = True
        found = re.findall(rb"HTTP/1\.1 (\d{3}) ", got)
        return Answered([int(each) for each in found], closed, got.decode("latin-1"))

    def post(self, headers: bytes, body: bytes = b"") -> Answered:
        start = b"POST /token HTTP/1.1\r\n" + self.host + FORM
        return self.send(start + headers + b"\r\n" + body + SMUGGLED)

    def get(self, target: bytes, headers: bytes = b"", method: bytes = b"GET") -> Answered:
        line = method + b" " + target + b" HTTP/1.1\r\n"
        return self.send(line + self.host + b"Connection: close\r\n" + headers + b"\r\n")

    def is_well(self) -> bool:
        return self.get(b"/healthz").statuses == [200]


@pytest.fixture
def wire(app_settings: Settings, app: Flask) -> Iterator[Wire]:
    signing_keys.ready()
    with serving(app_settings, workers=1) as served:
        yield Wire(served)


@pytest.fixture
def session(app: Flask, person: Person) -> str:
    """The cookie of somebody who is signed in."""
    cookie = signed_in_browser(app, person).get_cookie(cookie_name(SESSION))
    assert cookie is not None
    return f"{cookie.key}={cookie.value}"


def test_HC_04_server_refuses_smuggled_requests(wire: Wire) -> None:
    chunks = b"0\r\n\r\n"
    length = str(len(SMUGGLED)).encode()
    refused = {
        "two lengths": (b"Content-Length: 0\r\nContent-Length: " + length + b"\r\n", b""),
        "list of lengths": (b"Content-Length: 0, " + length + b"\r\n", b""),
        "signed length": (b"Content-Length: +0\r\n", b""),
        "negative length": (b"Content-Length: -1\r\n", b""),
        "hexadecimal length": (b"Content-Length: 0x0\r\n", b""),
        "another coding": (b"Transfer-Encoding: xchunked\r\n", chunks),
        "chunked is not last": (b"Transfer-Encoding: chunked, identity\r\n", chunks),
        "space before the colon": (b"Transfer-Encoding : chunked\r\n", chunks),
        "folded coding": (b"Transfer-Encoding:\r\n chunked\r\n", chunks),
        "folded header": (b"X-Folded: a\r\n b\r\n", b""),
        "NUL in a header": (b"X-Null: a\x00b\r\n", b""),
    }
    for case, (headers, body) in refused.items():
        answered = wire.post(headers, body)
        assert (answered.statuses, answered.closed) == ([400], True), case
    # Chunks win over the length (RFC 9112, 6.3); what follows is not read as a request.
    both = (b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", chunks)
    turned = (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", chunks)
    malformed = (b"Transfer-Encoding: chunked\r\n", b"zz\r\na=b\r\n0\r\n\r\n")
    bare = (b"Transfer-Encoding: chunked\r\n", b"3;\na=b\r\n0\r\n\r\n")
    for headers, body in (both, turned, malformed, bare):
        answered = wire.post(headers, body)
        assert len(answered.statuses) == 1, answered
        assert 400 <= answered.statuses[0] < 500, answered
        assert answered.closed, answered
    extended = wire.send(
        b"POST /token HTTP/1.1\r\n" + wire.host + FORM + b"Transfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n3;a=b\r\na=b\r\n" + chunks
    )
    assert extended.statuses == [411]
    old = wire.send(b"POST /token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert old.statuses == [400]
    assert wire.is_well()


def test_form_in_chunks_is_refused_and_json_in_chunks_is_received(wire: Wire) -> None:
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    line = b"POST %s HTTP/1.1\r\n" + wire.host
    for kind in (b"application/x-www-form-urlencoded; charset=UTF-8", b"Multipart/Form-Data"):
        head = line % b"/token" + b"Content-Type: " + kind + b"\r\n"
        answered = wire.send(head + chunked + b"3\r\na=b\r\n0\r\n\r\n")
        assert (answered.statuses, answered.closed) == ([411], True)
        assert "Content-Length" in answered.text.splitlines()[-1]
    head = line % b"/register" + b"Content-Type: application/json\r\nConnection: close\r\n"
    assert wire.send(head + chunked + b"2\r\n{}\r\n0\r\n\r\n").statuses == [401]
    assert wire.is_well()


def test_HC_05_request_heads_that_are_too_long_or_no_text_are_refused(wire: Wire) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(200))
    for headers in (b"X: " + b"a" * 16_385 + b"\r\n", b"X: " + b"a" * 500_000 + b"\r\n", many):
        assert wire.get(b"/healthz", headers).statuses in ([400], [431])
    assert wire.get(b"/" + b"a" * 20_000).statuses in ([400], [414], [431])
    for target in (b"/\xff\xfe", b"/%ff%fe", b"/sign-in?next=%ff%fe&\xff=\xfe", b"/a\x00b"):
        assert wire.get(target).statuses in ([400], [404]), target
    for headers in (b"X: \xff\xfe\r\n", b"User-Agent: \xc3\x28\r\n", b"Accept: \xff\r\n"):
        assert wire.get(b"/sign-in", headers).statuses == [303], headers
    for cookies in (b"secure_access_session=\xff\xfe; \xff=\xfe", b"=; ;;=;\xc0\xae", b"a" * 8000):
        answered = wire.get(b"/account", b"Cookie: " + cookies + b"\r\n")
        assert answered.statuses in ([303], [400]), cookies
    assert wire.is_well()


def test_HC_06_spellings_of_a_path_do_not_bypass_its_rule(wire: Wire, session: str) -> None:
    for target in (
        b"/account%00", b"/%00/account", b"/static/..%2faccount", b"/static/%2e%2e/account",
        b"/account;x=1", b"/account;", b"/ACCOUNT", b"/Account", b"/account%2f", b"/account/",
        b"/%61ccount/..", b"/OPS", b"/ops;a", b"/\\account",
    ):  # fmt: skip
        assert wire.get(target).statuses in ([400], [404]), target
    for target in (
        b"//account",
        b"/account//sessions",
        b"/./account",
        b"//ops//people",
        b"/ops%2fpeople",
        b"/ops",
    ):
        answered = wire.get(target)
        assert answered.statuses[0] in {303, 308, 400, 404}, target
    cookie = f"Cookie: {session}\r\n".encode()
    assert wire.get(b"/account", cookie).statuses == [200]
    for target in (b"/ops", b"//ops", b"/OPS/people", b"/ops/people;x", b"/static/..%2fops"):
        assert wire.get(target, cookie).statuses[0] in {308, 400, 404}, target


def test_HC_06_other_methods_and_method_override_headers_are_refused(
    wire: Wire, session: str
) -> None:
    cookie = f"Cookie: {session}\r\n".encode()
    for method in (b"TRACE", b"TRACK", b"PUT", b"DELETE", b"PATCH", b"FOO"):
        answered = wire.get(b"/account", cookie, method=method)
        assert answered.statuses in ([400], [405], [501]), method
        assert session.partition("=")[2] not in answered.text
    for header in (b"X-HTTP-Method-Override", b"X-HTTP-Method", b"X-Method-Override"):
        headers = cookie + header + b": POST\r\n"
        assert wire.get(b"/account/sessions/end-others", headers).statuses == [405]
        assert wire.get(b"/end-session/confirm?_method=POST", headers).statuses == [405]
    for header in (b"X-Original-URL: /ops\r\n", b"X-Rewrite-URL: /ops\r\n"):
        assert "Sign in" in wire.get(b"/", header).text
    assert wire.get(b"localhost:22", method=b"CONNECT").statuses in ([400], [404], [405])
    assert wire.get(b"/account", cookie).statuses == [200]


def test_HC_06_request_without_exactly_one_own_host_is_refused(wire: Wire) -> None:
    line = b"GET / HTTP/1.1\r\n"
    for headers in (
        b"",
        b"Host: \r\n",
        b"Host: evil.example\r\n",
        b"Host: localhost\r\n",
        b"Host: evil.example@localhost\r\n",
        wire.host + b"Host: evil.example\r\n",
        b"Host: evil.example\r\n" + wire.host,
        wire.host + wire.host,
    ):
        answered = wire.send(line + headers + b"Connection: close\r\n\r\n")
        assert answered.statuses == [400], headers
        assert "evil.example" not in answered.text
    forwarded = b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n"
    assert "evil.example" not in wire.get(b"/sign-in", forwarded).text
    absolute = wire.get(b"http://evil.example/sign-in")
    assert "evil.example" not in absolute.text


def test_HC_08_server_discloses_no_version_and_no_files(
    wire: Wire,
) -> None:
    for target in (b"/", b"/nowhere", b"/healthz", b"/static/secure-access.css", b"/token"):
        head = wire.get(target).text.partition("\r\n\r\n")[0].lower()
        for name in ("x-powered-by:", "via:", "x-aspnet", "python", "flask", "werkzeug"):
            assert name not in head, target
        # The program says its bare name and takes no setting for it; a version it must not say.
        assert re.findall(r"\r\nserver: (.*)", head) == ["granian\r"], target
    for target in (
        b"/.git/config", b"/.git/HEAD", b"/.env", b"/instance/demo.env", b"/wsgi.py", b"/console",
        b"/metrics", b"/debug", b"/openapi.json", b"/docs", b"/swagger.json", b"/admin",
        b"/server-status", b"/pyproject.toml", b"/static/../pyproject.toml", b"/.well-known/",
    ):  # fmt: skip
        answered = wire.get(target)
        assert answered.statuses[0] in {308, 400, 401, 404}, target
        if answered.statuses == [308]:
            assert wire.get(target.rstrip(b"/")).statuses == [404], target


def test_HC_08_server_refuses_other_protocols(wire: Wire) -> None:
    preface = wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    assert preface.closed
    assert "\x00\x00\x00\x04" not in preface.text
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    asked = b"GET /cookies HTTP/1.1\r\n" + wire.host + upgrade + b"\r\n"
    assert wire.send(asked).statuses == [200]


def test_HC_08_responses_set_secure_cookies_and_hsts(app_settings: Settings, app: Flask) -> None:
    issuer = "https://access.example.org"
    with serving(app_settings, workers=1, issuer=issuer) as served:
        address = f"http://{ports.HOST}:{served.port}"
        with httpx.Client(base_url=address, headers={"Host": "access.example.org"}) as http:
            answers = [http.get("/sign-in"), http.get("/forgot-password"), http.get("/")]
    lines = [line for each in answers for line in each.headers.get_list("Set-Cookie")]
    assert lines
    assert all("; Secure" in line and line.startswith("__Host-") for line in lines)
    assert all("max-age" in each.headers["Strict-Transport-Security"] for each in answers)
    assert answers[0].headers["Location"].startswith(("/", issuer))
