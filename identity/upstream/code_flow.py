"""The authorization code flow at a provider: the address to go to, and the ID token for a code.

Authlib's client builds the requests; `app.http_client` sends them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from app import http_client
from identity.upstream.provider import Provider

SCOPE = "openid profile email"


class CodeRefused(ValueError):
    """The provider gave no ID token for the code. The text is its error code, for the log."""


class _Answer:
    """A response of the token endpoint, as Authlib reads it."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self._body = body

    def json(self) -> object:
        """Return the JSON of the body. Raises ValueError."""
        return json.loads(self._body)

    def raise_for_status(self) -> None:
        """Raise CodeRefused for an error."""
        if self.status_code >= 400:
            raise CodeRefused(f"status {self.status_code}")


class _Sender:
    """The HTTP session that Authlib posts with: `app.http_client`, which checks addresses."""

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth
    ) -> _Answer:
        """Send a form with the client's authentication. Raises Unreachable."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        address, sent, body = auth.prepare("POST", url, sent, urlencode(data))
        response = http_client.fetch("POST", address, body=body.encode(), headers=sent)
        return _Answer(response.status, response.body)


class ProviderClient(OAuth2Client):  # type: ignore[misc]  # Authlib has no types
    """This service as a client of a provider."""

    def __init__(
        self, provider: Provider, *, client_id: str, client_secret: str, redirect_uri: str
    ) -> None:
        super().__init__(
            _Sender(),
            client_id=client_id,
            client_secret=client_secret,
            token_endpoint_auth_method="client_secret_basic"
            if provider.basic_auth
            else "client_secret_post",
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        self._provider = provider

    def authorization_address(
        self, *, state: str, nonce: str, code_verifier: str, fresh: bool, login_hint: str | None
    ) -> str:
        """Return where to send the browser. fresh: ask for a new sign-in."""
        optional = {"prompt": "login", "max_age": "0"} if fresh else {}
        if login_hint:
            optional["login_hint"] = login_hint
        address, _ = self.create_authorization_url(
            self._provider.authorization_endpoint,
            state=state,
            code_verifier=code_verifier,
            nonce=nonce,
            **optional,
        )
        return str(address)

    def redeem_code(self, code: str, code_verifier: str) -> str:
        """Return the ID token for the code. Raises Unreachable and CodeRefused."""
        try:
            answer = self.fetch_token(
                self._provider.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=self.redirect_uri,
                code_verifier=code_verifier,
            )
        except OAuth2Error as error:
            raise CodeRefused(str(error.error)[:100]) from None
        except ValueError as error:
            raise CodeRefused(str(error)[:100]) from None
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise CodeRefused("no ID token")
        return token

    def client_auth(self, auth_method: str) -> ClientAuth:
        """Return the authentication at the token endpoint.

        The Authorization header has id and secret form-encoded (RFC 6749, 2.3.1).
        """
        names = (self.client_id, self.client_secret)
        if auth_method == "client_secret_basic":
            names = (quote_plus(names[0]), quote_plus(names[1]))
        return ClientAuth(*names, auth_method)
