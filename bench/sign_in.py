"""A person signing in through the forms: both pages, both factors, in one browser."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pyotp

from bench.http import Answer, Call, Unexpected
from bench.load import Conversation
from bench.people import Secret

SIGN_IN = "sign-in by the forms"

_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
_ACTION = re.compile(r'<form method="post"\s+action="([^"]+)"')


def sign_ins(secrets: Iterable[Secret]) -> Iterator[Conversation]:
    """Yield a sign-in of each person: a time step of the authenticator counts once."""
    for secret in secrets:
        yield _sign_in(secret)


def _sign_in(secret: Secret) -> Conversation:
    jar: dict[str, str] = {}
    first = yield from page(jar, "/sign-in")
    form = {"email": secret.email, "password": secret.password}
    second = yield from _submit(jar, first, form)
    code = pyotp.TOTP(secret.totp_secret).now()
    answer = yield from _posted(jar, second, {"code": code})
    if "secure_access_session" not in answer.cookies:
        raise Unexpected(f"no session after the code: {answer.status}")


def page(jar: dict[str, str], path: str) -> Any:
    """Return a page, at the end of its redirects."""
    while True:
        answer = yield from _asked(jar, Call(path, _cookies(jar)))
        if answer.status != 303:
            answer.must_be(200)
            return answer.body.decode()
        path = _path(answer)


def _submit(jar: dict[str, str], html: str, values: Mapping[str, str]) -> Any:
    answer = yield from _posted(jar, html, values)
    answer.must_be(303)
    return (yield from page(jar, _path(answer)))


def _posted(jar: dict[str, str], html: str, values: Mapping[str, str]) -> Any:
    return (yield from _asked(jar, post(jar, html, values)))


def post(jar: Mapping[str, str], html: str, values: Mapping[str, str]) -> Call:
    """Return the request that sends the page's form with these values."""
    token, action = _TOKEN.search(html), _ACTION.search(html)
    if token is None or action is None:
        raise Unexpected("a page of the sign-in has no form")
    form = {"csrf_token": unescape(token[1]), **values}
    return Call(unescape(action[1]), _cookies(jar), form)


def _asked(jar: dict[str, str], call: Call) -> Any:
    answer: Answer = yield call
    jar.update(answer.cookies)
    return answer


def _cookies(jar: Mapping[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}


def _path(answer: Answer) -> str:
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
