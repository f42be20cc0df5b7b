"""An independent client signs in: npm's openid-client, against served processes."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from flask import Flask
from joserfc.jwk import ECKey

from tests.identity.oidc.relying_party import register
from tests.identity.oidc.served import serving
from tests.identity.oidc.tls import tls_proxy
from tests.identity.people import Person
from wsgi import ROOT, Settings

CALLBACK = "http://localhost:1/callback"
SCRIPTS = Path(__file__).parent / "openid_client"


class OpenIDClient:
    """A script, told and asked line by line."""

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
        assert line, f"openid-client gave up: {self.process.wait(10)}"
        body: dict[str, Any] = json.loads(line)
        return body


@contextmanager
def openid_client(
    order: dict[str, Any], authority: Path | None = None, *, script: str = "flow.mjs"
) -> Iterator[OpenIDClient]:
    client = OpenIDClient(script, order, authority)
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


def sign_in(browser: httpx.Client, address: str, person: Person) -> str:
    """Walks the pages as a browser does; the address that the service awaits the person at."""
    answers: list[dict[str, str]] = [
        {"email": person.email, "password": person.password},
        {"code": person.code()},
    ]
    response = browser.get(address)
    for _ in range(20):
        if response.is_redirect:
            address = urljoin(str(response.url), response.headers["Location"])
            if address.startswith(CALLBACK):
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


@pytest.mark.parametrize(
    ("tls", "registration"),
    [
        (False, {"token_endpoint_auth_method": "client_secret_basic"}),
        (False, {"token_endpoint_auth_method": "none", "id_token_signed_response_alg": "ES256"}),
        (True, {"token_endpoint_auth_method": "client_secret_post"}),
    ],
    ids=["basic", "public", "post-behind-tls"],
)
def test_openid_client_signs_in_refreshes_revokes_and_leaves(
    provider: Flask,
    app_settings: Settings,
    ada: Person,
    tmp_path: Path,
    tls: bool,
    registration: dict[str, Any],
) -> None:
    registered = register(
        redirect_uris=[CALLBACK], post_logout_redirect_uris=[f"{CALLBACK}/bye"], **registration
    )
    with ExitStack() as stack:
        target = [0]
        proxy = stack.enter_context(tls_proxy(tmp_path, target)) if tls else None
        issuer = proxy.issuer if proxy else None
        served = stack.enter_context(serving(app_settings, workers=2, issuer=issuer))
        target[0] = served.port
        authority = proxy.authority if proxy else None
        verify = ssl.create_default_context(cafile=authority) if authority else True
        browser = stack.enter_context(httpx.Client(verify=verify, timeout=60))
        order = {
            "issuer": served.issuer,
            "client_id": registered["client_id"],
            "secret": registered.get("client_secret"),
            "method": registered["token_endpoint_auth_method"],
            "id_token_alg": registered["id_token_signed_response_alg"],
            "redirect_uri": CALLBACK,
            "scope": "openid profile email offline_access",
            "goodbye": f"{CALLBACK}/bye",
        }
        client = stack.enter_context(openid_client(order, authority))
        callback = sign_in(browser, client.answer()["address"], ada)
        client.tell({"callback": callback})
        result = client.answer()
        cookies = {cookie.name: cookie for cookie in browser.cookies.jar}
        left = browser.get(result["goodbye"])
    assert result["claims"]["sub"] == result["userinfo"]["sub"] == ada.subject
    assert result["userinfo"]["email"] == ada.email
    assert result["refreshed"]["auth_time"] == result["claims"]["auth_time"]
    assert result["refused"] == "invalid_grant"
    if registered.get("client_secret"):
        assert result["before"]["active"] is True
        assert result["after"]["active"] is False
        assert result["own"]["token_type"].lower() == "bearer"
    assert left.headers["Location"] == f"{CALLBACK}/bye?state=bye"
    named = "__Host-secure-access-session" if tls else "secure_access_session"
    assert cookies[named].secure is tls


@pytest.mark.parametrize("signed", [False, True], ids=["security-profile", "message-signing"])
def test_openid_client_signs_in_with_fapi2(
    provider: Flask, app_settings: Settings, ada: Person, signed: bool
) -> None:
    key = ECKey.generate_key("P-256")
    more: dict[str, Any] = {
        "require_signed_request_object": True,
        "authorization_signed_response_alg": "ES256",
    }
    registered = register(
        profile="fapi2",
        redirect_uris=[CALLBACK],
        jwks={"keys": [{**key.as_dict(private=False), "kid": "k1"}]},
        **(more if signed else {}),
    )
    with ExitStack() as stack:
        served = stack.enter_context(serving(app_settings, workers=2))
        browser = stack.enter_context(httpx.Client(timeout=60))
        order = {
            "issuer": served.issuer,
            "client_id": registered["client_id"],
            "key": {**key.as_dict(private=True), "kid": "k1"},
            "id_token_alg": registered["id_token_signed_response_alg"],
            "redirect_uri": CALLBACK,
            "scope": "openid profile email offline_access",
            "signed": signed,
        }
        client = stack.enter_context(openid_client(order, script="fapi.mjs"))
        client.tell({"callback": sign_in(browser, client.answer()["address"], ada)})
        result = client.answer()
    assert result["claims"]["sub"] == result["userinfo"]["sub"] == ada.subject
    assert result["token_type"].lower() == "dpop"
    assert result["rotated"] is False
    assert result["inspected"]["cnf"]["jkt"]
    assert result["after"]["active"] is False
    expected = {"response"} if signed else {"code", "state", "iss"}
    assert set(result["parameters"]) == expected
