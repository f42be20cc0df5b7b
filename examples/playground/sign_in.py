"""One sign-in and what came of it: what was chosen, each step, and what can be done next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from examples.playground.provider import Provider
from examples.playground.shown import Step, listed
from examples.resource_server import ACCESS_TOKEN, SIGNED, Refused

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # a name


@dataclass(frozen=True)
class SignInOptions:
    """Parameters of the authorization request. Empty: the parameter is left out."""

    scope: str
    prompt: str = ""
    acr_values: str = ""
    max_age: str = ""
    response_mode: str = ""
    pushed: bool = False

    def parameters(self) -> dict[str, str]:
        given = {
            "scope": self.scope,
            "prompt": self.prompt,
            "acr_values": self.acr_values,
            "max_age": self.max_age,
            "response_mode": self.response_mode,
        }
        return {name: value for name, value in given.items() if value}


@dataclass
class SignIn:
    """`state` is good for one answer. `tokens` are the newest of each kind."""

    options: SignInOptions
    owner: str
    provider: Provider
    identifier: str = field(default_factory=lambda: token_urlsafe(16))
    state: str = field(default_factory=lambda: token_urlsafe(32))
    nonce: str = field(default_factory=lambda: token_urlsafe(32))
    verifier: str = field(default_factory=lambda: token_urlsafe(48))
    address: str = ""
    steps: list[Step] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Write the authorization request, and push it if that was chosen."""
        settings = self.provider.settings
        parameters = {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": settings.callback,
            **self.options.parameters(),
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        if self.options.pushed:
            step, received = self.provider.call(
                "Pushed request",
                "The request goes from server to server (RFC 9126), so that nobody can read or "
                "change it on the way. The answer is a handle for a minute.",
                self.provider.address("pushed_authorization_request_endpoint"),
                parameters,
            )
            self.steps.append(step)
            if "request_uri" not in received:
                return
            parameters = {
                "client_id": settings.client_id,
                "request_uri": received["request_uri"],
            }
        start = self.provider.address("authorization_endpoint")
        self.address = f"{start}?{urlencode(parameters)}"
        self.steps.append(
            Step(
                "Authorization request",
                "The browser goes there, and Secure Access asks the person whatever it has to.",
                self.address,
                response=listed(parameters),
            )
        )

    def finish(self, how: str, received: Mapping[str, str]) -> None:
        """Receive the response, and exchange its code for tokens at once."""
        self.address = self.state = ""
        step = Step("Answer at the callback", f"{how}. Check state and iss.", "", "", "")
        self.steps.append(step)
        step.response = listed(received)
        if "response" in received:
            signed = received["response"]
            client_id = self.provider.settings.client_id
            step.tokens.append(self.provider.opened("Signed answer", signed, SIGNED, client_id))
            received = self.provider.answer(signed)
        if received.get("iss") != self.provider.settings.issuer:
            raise Refused("The answer is another issuer’s (RFC 9207).")
        if "code" not in received:
            step.purpose = f"{how}. It is an error: docs/relying-parties/errors.md says what to do."
            return
        self._tokens(
            "Token request",
            "The code is good for 60 seconds, once. It is exchanged from server to server, with "
            "the verifier that only this service knows (PKCE).",
            {
                "grant_type": "authorization_code",
                "code": received["code"],
                "redirect_uri": self.provider.settings.callback,
                "code_verifier": self.verifier,
            },
            self.nonce,
        )
        if "id_token" in self.tokens:
            self.userinfo()

    def userinfo(self) -> None:
        step, _ = self.provider.call(
            "Userinfo",
            "What is true of the person now, not when the token was made.",
            self.provider.address("userinfo_endpoint"),
            bearer=self.tokens["access_token"],
        )
        self.steps.append(step)

    def refresh(self) -> None:
        self._tokens(
            "Refresh",
            "Rights are worked out anew. The answer brings the next refresh token; the one "
            "before is used up, and using it again would end everything.",
            {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]},
        )

    def introspect(self) -> None:
        step, _ = self.provider.call(
            "Introspection",
            "Whether the access token still holds (RFC 7662).",
            self.provider.address("introspection_endpoint"),
            {"token": self.tokens["access_token"]},
        )
        self.steps.append(step)

    def revoke(self) -> None:
        step, _ = self.provider.call(
            "Revocation",
            "Ends the refresh token and everything that came of this sign-in (RFC 7009). "
            "Introspect, or refresh, to see it.",
            self.provider.address("revocation_endpoint"),
            {"token": self.tokens.get("refresh_token") or self.tokens["access_token"]},
        )
        self.steps.append(step)

    def exchange(self) -> None:
        """Exchange for a token of School Performance's API, on the person's behalf, and call it."""
        api = self.provider.settings.api
        step, received = self.provider.call(
            "Token exchange",
            "School Performance lets this client come with a person’s token (RFC 8693). The new "
            "one is for its API alone, and says in act who acts.",
            self.provider.address("token_endpoint"),
            {
                "grant_type": EXCHANGE,
                "subject_token": self.tokens["access_token"],
                "subject_token_type": ACCESS_TOKEN_TYPE,
                "resource": api,
            },
        )
        self.steps.append(step)
        if "access_token" not in received:
            return
        token = received["access_token"]
        step.tokens.append(self.provider.opened("Access token", token, ACCESS_TOKEN, api))
        step, _ = self.provider.call(
            "Call of School Performance",
            "Its API verifies the token, and shows what the person may see.",
            f"{api}/schools",
            bearer=token,
        )
        self.steps.append(step)

    def leave(self) -> str:
        """Return the address that signs the person out and returns."""
        parameters = {
            "id_token_hint": self.tokens["id_token"],
            "post_logout_redirect_uri": self.provider.settings.signed_out,
            "state": self.identifier,
        }
        address = f"{self.provider.address('end_session_endpoint')}?{urlencode(parameters)}"
        why = "The browser goes there. Every service that holds something of the session is told."
        self.steps.append(Step("Sign-out", why, address, response=listed(parameters)))
        return address

    def _tokens(self, title: str, why: str, form: Mapping[str, str], nonce: str = "") -> None:
        address = self.provider.address("token_endpoint")
        step, received = self.provider.call(title, why, address, form)
        self.steps.append(step)
        names = ("access_token", "id_token", "refresh_token")
        self.tokens |= {name: received[name] for name in names if name in received}
        if "id_token" in received:
            audience = self.provider.settings.client_id
            opened = self.provider.opened("ID token", received["id_token"], SIGNED, audience, nonce)
            step.tokens.append(opened)
        if "access_token" in received:
            issuer = self.provider.settings.issuer
            opened = self.provider.opened(
                "Access token", received["access_token"], ACCESS_TOKEN, issuer
            )
            step.tokens.append(opened)


@dataclass(frozen=True)
class Action:
    """A button: what it does, and the token that it needs."""

    label: str
    needs: str
    act: Callable[[SignIn], None]


ACTIONS = {
    "userinfo": Action("Ask userinfo", "access_token", SignIn.userinfo),
    "refresh": Action("Refresh", "refresh_token", SignIn.refresh),
    "introspect": Action("Introspect the access token", "access_token", SignIn.introspect),
    "exchange": Action("Call School Performance", "access_token", SignIn.exchange),
    "revoke": Action("Revoke", "access_token", SignIn.revoke),
}
