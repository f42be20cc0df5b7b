"""Clients that nobody here wrote, beside a served provider, and a person who signs in for them."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.identity.people import Person
from wsgi import ROOT

CALLBACK = "http://localhost:1/callback"
SCRIPTS = Path(__file__).parent / "foreign"


class ForeignClient:
    """A script of `foreign/`, told and asked line by line."""

    def __init__(self, script: str, order: dict[str, Any], authority: Path | None) -> None:
        node = shutil.which("node")
        assert node is not None, "Node.js is missing: `make test` installs it"
        trusted = {"NODE_EXTRA_CA_CERTS": str(authority)} if authority else {}
        self.process = subprocess.Popen(
            [node, str(SCRIPTS / script)],
            cwd=ROOT,
            env={**os.environ, **trusted},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tell(order)

    def tell(self, what: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the client gave up: {self.process.wait(10)}"
        body: dict[str, Any] = json.loads(line)
        return body


@contextmanager
def foreign_client(
    script: str, order: dict[str, Any], authority: Path | None = None
) -> Iterator[ForeignClient]:
    client = ForeignClient(script, order, authority)
    try:
        yield client
    finally:
        client.process.kill()
        client.process.communicate()


def fields(page: str) -> dict[str, str]:
    """The hidden values of the page's form."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name.group(1)] = html.unescape(value.group(1))
    return found


def sign_in(
    browser: httpx.Client, address: str, person: Person, *, callback: str = CALLBACK
) -> str:
    """Walks the pages as a browser does; the address that the service awaits the person at."""
    answers: list[dict[str, str]] = [
        {"email": person.email, "password": person.password},
        {"code": person.code()},
    ]
    response = browser.get(address)
    for _ in range(20):
        if response.is_redirect:
            address = urljoin(str(response.url), response.headers["Location"])
            if address.startswith(callback):
                return address
            response = browser.get(address)
            continue
        assert response.status_code == 200, response.text
        action = re.search(r'<form[^>]*action="([^"]*)"', response.text)
        target = urljoin(str(response.url), html.unescape(action.group(1)) if action else "")
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(target))
        response = browser.post(
            target,
            data={**fields(response.text), **answers.pop(0)},
            headers={"Origin": origin, "Referer": str(response.url)},
        )
    raise AssertionError("the sign-in does not end")
