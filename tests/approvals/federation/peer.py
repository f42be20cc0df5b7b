"""npm's oidc-provider as the provider of an organisation, and the browser of a person there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from wsgi import ROOT

_SCRIPT = Path(__file__).parent / "peer.mjs"


@dataclass
class Peer:
    """The provider that runs at `issuer`."""

    issuer: str

    def register(self, redirect_uri: str, logout_uri: str | None = None) -> tuple[str, str]:
        """Register a client; return its id and secret."""
        metadata: dict[str, Any] = {
            "redirect_uris": [redirect_uri],
            "application_type": "native",
            "token_endpoint_auth_method": "client_secret_post",
        }
        if logout_uri is not None:
            metadata["backchannel_logout_uri"] = logout_uri
            metadata["backchannel_logout_session_required"] = True
        answer = httpx.post(f"{self.issuer}/reg", json=metadata)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        return body["client_id"], body["client_secret"]


@dataclass
class BrowserThere:
    """A browser at the provider. `sign_in` returns the address to which it is sent back."""

    peer: Peer
    client: httpx.Client

    def sign_in(self, address: str, login: str, *, amr: str = "", acr: str = "") -> str:
        for _ in range(10):
            answer = self.client.get(address)
            if answer.status_code == 200:
                # The provider's own sign-in page.
                query = {
                    "login": login,
                    **({"amr": amr} if amr else {}),
                    **({"acr": acr} if acr else {}),
                }
                answer = self.client.get(address, params=query)
            assert answer.status_code in {302, 303}, answer.text
            address = urljoin(address, answer.headers["Location"])
            if not address.startswith(self.peer.issuer):
                return address
        raise AssertionError("the provider does not come to an end")

    def sign_out(self) -> None:
        """Sign out there; the provider sends its logout tokens before it answers."""
        page = self.client.get(f"{self.peer.issuer}/session/end")
        values = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page.text))
        answer = self.client.post(
            f"{self.peer.issuer}/session/end/confirm", data={**values, "logout": "yes"}
        )
        assert answer.status_code in {200, 303}, answer.text


@contextmanager
def running() -> Iterator[Peer]:
    node = shutil.which("node")
    assert node is not None, "Node.js is missing: `make test` installs it"
    process = subprocess.Popen(
        [node, str(_SCRIPT)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the provider did not start"
        yield Peer(json.loads(line)["issuer"])
    finally:
        process.terminate()
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
