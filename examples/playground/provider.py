"""The provider as the playground calls it: each call becomes a step that can be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from examples.playground.shown import Decoded, Step, curl, decoded, pretty
from examples.resource_server import Refused, ResourceServer

CHECKED = "Checked with the issuer’s published keys: signature, type, issuer, audience, times."


@dataclass(frozen=True)
class Settings:
    """Where the playground is, and the client that it is. `api` is School Performance's."""

    issuer: str
    client_id: str
    client_secret: str
    base: str
    api: str
    ca_file: str = ""

    @property
    def callback(self) -> str:
        return f"{self.base}/callback"

    @property
    def signed_out(self) -> str:
        return f"{self.base}/signed-out"


class Provider:
    """Secure Access, as the playground calls it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._kit = ResourceServer(
            settings.issuer,
            settings.client_id,
            settings.client_secret,
            settings.issuer,
            ca_file=settings.ca_file,
        )

    def supports(self, member: str) -> list[str]:
        """Return a list of the discovery document."""
        found: list[str] = self._kit.metadata()[member]
        return found

    def address(self, endpoint: str) -> str:
        return str(self._kit.metadata()[endpoint])

    def call(
        self,
        title: str,
        why: str,
        address: str,
        form: Mapping[str, str] | None = None,
        *,
        bearer: str | None = None,
    ) -> tuple[Step, dict[str, Any]]:
        """Call as the client, or with a token; an error response is shown like any other."""
        client = None if bearer else (self.settings.client_id, self.settings.client_secret)
        method = "GET" if form is None else "POST"
        answer = requests.request(
            method,
            address,
            data=form,
            auth=client,
            headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
            timeout=10,
            verify=self.settings.ca_file or True,
            allow_redirects=False,
        )
        received: dict[str, Any] = answer.json() if answer.content else {}
        step = Step(
            title,
            why,
            curl(method, address, form or {}, client=client, bearer=bearer),
            f"{answer.status_code} {answer.reason}",
            pretty(received) if received else "",
        )
        return step, received

    def opened(self, name: str, token: str, kind: str, audience: str, nonce: str = "") -> Decoded:
        """Return the token with its claims, and whether it is valid."""
        try:
            claims = self._kit.verified(token, kind, audience)
            if nonce and claims.get("nonce") != nonce:
                raise Refused("The nonce is not the one of this sign-in.")
        except Refused as error:
            return decoded(name, token, f"Refused: {error}")
        return decoded(name, token, CHECKED + (" The nonce is ours." if nonce else ""))

    def answer(self, response: str) -> dict[str, str]:
        """Return the parameters of a signed response (JARM). Raises Refused."""
        return self._kit.verified(response, "jwt", self.settings.client_id)
