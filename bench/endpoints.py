"""The provider's endpoints as work for the load: what is asked, and what a good answer is."""

import base64
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from app.identifiers import new_secret
from bench.http import Call, Unexpected
from bench.load import Conversation
from bench.people import REDIRECT_URI, ClientKey, Stage, Variant

DISCOVERY = "discovery"
JWKS = "JWKS"
CLIENT_CREDENTIALS = "client_credentials"
AUTHORIZE = "authorize with session"
EXCHANGE = "code exchange"
REFRESH = "refresh with rotation"
USERINFO = "userinfo"
INTROSPECTION = "introspection"

_VERIFIER = new_secret()


@dataclass(frozen=True)
class Addresses:
    """Where a provider is asked, and what its codes were given for."""

    userinfo: str = "/userinfo"
    introspection: str = "/introspect"
    redirect_uri: str = REDIRECT_URI
    verifier: str = _VERIFIER
    authorize: str = "/authorize"


def empty() -> Iterable[Conversation]:
    """Build the application that does nothing."""
    while True:
        yield get("/")


def discovery() -> Iterable[Conversation]:
    """Yield requests for the discovery document."""
    while True:
        yield get("/.well-known/openid-configuration")


def jwks() -> Iterable[Conversation]:
    """Yield requests for the key set."""
    while True:
        yield get("/jwks")


@dataclass
class Client:
    """A relying service at work. Each endpoint's result is the next one's input."""

    variant: Variant
    key: ClientKey
    cookie: str
    sessions: Sequence[str]
    codes: list[str] = field(default_factory=list)
    refresh_tokens: deque[str] = field(default_factory=deque)
    access_tokens: list[str] = field(default_factory=list)
    addresses: Addresses = field(default_factory=Addresses)

    @classmethod
    def of(cls, variant: Variant, stage: Stage) -> "Client":
        return cls(
            variant,
            stage.clients[variant.name],
            stage.session_cookie,
            stage.sessions[variant.name],
        )

    def client_credentials(self) -> Iterator[Conversation]:
        while True:
            yield self._own_token()

    def authorize(self) -> Iterator[Conversation]:
        """Authorize once for each session: people return after longer than its activity grain."""
        self.codes.clear()
        for session in self.sessions:
            yield self._authorize(session)

    def exchange(self) -> Iterator[Conversation]:
        """Yield all codes that `authorize` got."""
        self.refresh_tokens.clear()
        self.access_tokens.clear()
        for code in self.codes:
            yield self._exchange(code)

    def refresh(self) -> Iterator[Conversation]:
        """Refresh family after family, each with the token of its last refresh."""
        while self.refresh_tokens:
            yield self._refresh(self.refresh_tokens.popleft())

    def userinfo(self) -> Iterator[Conversation]:
        for token in cycle(self.access_tokens):
            yield self._userinfo(token)

    def introspection(self) -> Iterator[Conversation]:
        for token in cycle(self.access_tokens):
            yield self._introspect(token)

    def _own_token(self) -> Conversation:
        form = {"grant_type": "client_credentials", "scope": self.variant.own}
        yield from self._tokens({name: value for name, value in form.items() if value})

    def _authorize(self, session: str) -> Conversation:
        query = {
            "response_type": "code",
            "client_id": self.key.client_id,
            "redirect_uri": self.addresses.redirect_uri,
            "scope": self.variant.scope,
            "state": new_secret(),
            "nonce": new_secret(),
            "code_challenge": create_s256_code_challenge(self.addresses.verifier),
            "code_challenge_method": "S256",
        }
        answer = yield Call(
            f"{self.addresses.authorize}?{urlencode(query)}", {"Cookie": f"{self.cookie}={session}"}
        )
        location = answer.location(answer.status)
        code = parse_qs(urlsplit(location).query).get("code")
        if code is None:
            raise Unexpected(f"authorize answered without a code: {answer.status} {location}")
        self.codes.append(code[0])

    def _exchange(self, code: str) -> Conversation:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.addresses.redirect_uri,
            "code_verifier": self.addresses.verifier,
        }
        tokens = yield from self._tokens(form)
        self.access_tokens.append(tokens["access_token"])
        self.refresh_tokens.append(tokens["refresh_token"])

    def _refresh(self, token: str) -> Conversation:
        tokens = yield from self._tokens({"grant_type": "refresh_token", "refresh_token": token})
        self.refresh_tokens.append(tokens["refresh_token"])

    def _userinfo(self, token: str) -> Conversation:
        answer = yield Call(self.addresses.userinfo, {"Authorization": f"Bearer {token}"})
        answer.must_be(200)

    def _introspect(self, token: str) -> Conversation:
        answer = yield Call(self.addresses.introspection, self._authorization(), {"token": token})
        if not answer.json()["active"]:
            raise Unexpected("introspection calls a live token inactive")

    def _tokens(self, form: dict[str, str]) -> Any:
        answer = yield Call("/token", self._authorization(), form)
        return answer.json()

    def _authorization(self) -> dict[str, str]:
        """Return the header of client_secret_basic (RFC 6749, 2.3.1)."""
        pair = f"{quote_plus(self.key.client_id)}:{quote_plus(self.key.client_secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def get(path: str) -> Conversation:
    """Get a document of JSON."""
    answer = yield Call(path)
    json.loads(answer.body)
    answer.must_be(200)
