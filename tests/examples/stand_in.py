"""A small OpenID provider on a real socket, and a browser that signs in with it.

It stands in for Secure Access where a test wants tokens that the real one would never issue. The
parts that the example relies on are real here: signatures, PKCE, client authentication, single-use
codes and refresh tokens, introspection, logout tokens, ETags.
"""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, Response, abort, jsonify, redirect, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from examples.school_performance.app import create_app

BASE_URL = "http://localhost:8001"
API = f"{BASE_URL}/api"
REMIT = "/api/remits/own/100001"
CLIENT_ID, CLIENT_SECRET = "example", "a secret of the example"
NAMED = ["view_pupil_names", "download_pupil_data", "upload_data", "print_reports"]
OWN_SCHOOL = {"urn": "100001", "name": "Ashfield Primary School"}


def access(capabilities: list[str] | None = None) -> dict[str, Any]:
    """Claims as Secure Access gives them to a person of a school; the stand-in adds the remit."""
    return {
        "organisation": {"id": "org-1", "name": "Ashfield Primary School", "urn": "100001"},
        "user_group": {"code": "School_Named", "name": "School Named"},
        "capabilities": NAMED if capabilities is None else capabilities,
        "environment": "live",
        "terms": {"version": "1", "accepted_at": "2026-09-01T09:00:00Z"},
    }


@dataclass
class StandIn:
    """Its state is there to be changed by a test. `answers` spoils what a real one would send."""

    issuer: str = ""
    name: str = "Ada Appleby"
    subject: str = "0199-ada"
    sid: str | None = "session-1"
    claims: dict[str, Any] = field(default_factory=access)
    withdrawn: bool = False
    keys: list[ECKey] = field(default_factory=lambda: [new_key()])
    answers: dict[str, Any] = field(default_factory=dict)
    lifetime: int = 300
    schools: list[dict[str, str]] = field(default_factory=lambda: [OWN_SCHOOL])
    page: int = 1000
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    before_tokens: Callable[[], object] = lambda: None  # what happens meanwhile

    def sign(self, claims: dict[str, Any], *, typ: str = "at+jwt", key: ECKey | None = None) -> str:
        key = key or self.keys[-1]
        return jwt.encode({"alg": "ES256", "typ": typ, "kid": key.kid or ""}, claims, key)

    def access_token(
        self, audience: str = API, *, typ: str = "at+jwt", key: ECKey | None = None, **other: Any
    ) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": audience,
            "sub": self.subject,
            "client_id": CLIENT_ID,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": secrets.token_hex(8),
            "scope": "openid profile email organisation access offline_access",
            "remit": self.remit(),
            **self.claims,
            **other,
        }
        return self.sign(
            {name: value for name, value in claims.items() if value is not None}, typ=typ, key=key
        )

    def remit(self) -> dict[str, Any]:
        claim = {
            "kind": "own",
            "key": "100001",
            "count": len(self.schools),
            "version": self.version,
            "address": f"{self.issuer}{REMIT}",
        }
        listed = {"schools": [school["urn"] for school in self.schools]}
        return claim | (listed if len(self.schools) <= 50 else {})

    @property
    def version(self) -> str:
        return hashlib.sha256(json.dumps(self.schools).encode()).hexdigest()[:32]

    def id_token(self, nonce: str, **other: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": self.subject,
            "sid": self.sid,
            "name": self.name,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            **other,
        }
        return self.sign(
            {name: value for name, value in claims.items() if value is not None}, typ="JWT"
        )

    def logout_token(
        self, *, typ: str = "logout+jwt", key: ECKey | None = None, **other: Any
    ) -> str:
        """As Back-Channel Logout, 2.4, says; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "sub": self.subject,
            "sid": self.sid,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **other,
        }
        return self.sign(
            {name: value for name, value in claims.items() if value is not None}, typ=typ, key=key
        )


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})


def _provider(op: StandIn) -> Flask:
    app = Flask("stand_in")

    @app.before_request
    def note() -> None:
        op.calls.append(request.path)
        if op.answers.get("down"):
            abort(502)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> ResponseReturnValue:
        at = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/keys",
            "introspection_endpoint": "/introspect",
            "revocation_endpoint": "/revoke",
            "end_session_endpoint": "/end-session",
        }
        return {
            "issuer": op.answers.get("issuer", op.issuer),
            **{name: op.issuer + path for name, path in at.items()},
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        }

    @app.get("/keys")
    def keys() -> ResponseReturnValue:
        return {"keys": [key.as_dict(private=False) for key in op.keys]}

    @app.get("/authorize")
    def authorize() -> ResponseReturnValue:
        code = secrets.token_urlsafe()
        op.codes[code] = request.args.to_dict()
        back = {"code": code, "state": request.args["state"], "iss": op.issuer}
        back |= op.answers.get("authorize", {})
        return redirect(f"{request.args['redirect_uri']}?{urlencode(back)}")

    _add_tokens(app, op)
    return app


def _add_tokens(app: Flask, op: StandIn) -> None:
    @app.post("/token")
    def token() -> ResponseReturnValue:
        if not _is_the_client():
            return {"error": "invalid_client"}, 401
        form = request.form
        op.before_tokens()
        if form["grant_type"] == "client_credentials":
            return {
                "access_token": f"service {form['scope']}",
                "token_type": "Bearer",
                "expires_in": 300,
            }
        nonce = ""
        if form["grant_type"] == "authorization_code":
            asked = op.codes.pop(form["code"], None)
            if asked is None or asked["code_challenge"] != _challenge(form["code_verifier"]):
                return {"error": "invalid_grant"}, 400
            nonce = asked["nonce"]
        elif form["refresh_token"] not in op.refresh_tokens or op.withdrawn:
            op.refresh_tokens.clear()
            return {"error": "invalid_grant"}, 400
        op.refresh_tokens.discard(form.get("refresh_token", ""))
        op.refresh_tokens.add(successor := secrets.token_urlsafe())
        return {
            "access_token": op.access_token(form.get("resource", op.issuer)),
            "token_type": "Bearer",
            "expires_in": op.lifetime,
            "refresh_token": successor,
            "id_token": op.id_token(nonce),
            **op.answers.get("token", {}),
        }

    _add_questions(app, op)


def _add_questions(app: Flask, op: StandIn) -> None:
    @app.post("/introspect")
    def introspect() -> ResponseReturnValue:
        if not _is_the_client():
            return {"error": "invalid_client"}, 401
        return {"active": not op.withdrawn}

    @app.post("/revoke")
    def revoke() -> ResponseReturnValue:
        op.refresh_tokens.discard(request.form["token"])
        return Response(status=200 if _is_the_client() else 401)

    @app.get(REMIT)
    def remit() -> ResponseReturnValue:
        if request.headers.get("Authorization") != "Bearer service remits:read":
            return {"error": "invalid_token"}, 401
        first = int(request.args.get("after", "0"))
        following = first + op.page if first + op.page < len(op.schools) else None
        response = jsonify(
            {
                "version": op.version,
                "schools": op.schools[first : first + op.page],
                "next": f"{op.issuer}{REMIT}?after={following}" if following else None,
            }
        )
        response.set_etag(op.version)
        return response.make_conditional(request)


def _is_the_client() -> bool:
    sent = request.authorization
    return sent is not None and (sent.username, sent.password) == (CLIENT_ID, CLIENT_SECRET)


def _challenge(verifier: str) -> str:
    challenge: str = create_s256_code_challenge(verifier)
    return challenge


class Browser:
    """A person's browser: the example through Flask's client, the provider over the socket."""

    def __init__(self, service: Flask, op: StandIn) -> None:
        self.op = op
        self.service: FlaskClient = service.test_client()

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.service.get(path, base_url=BASE_URL, buffered=True, **request)

    def text(self, path: str) -> str:
        return self.get(path).get_data(as_text=True)

    def post(self, path: str, **data: Any) -> TestResponse:
        """Sends a form of the page as the page would, with its secret."""
        token = self.text("/schools").partition('name="csrf_token" value="')[2].partition('"')[0]
        return self.service.post(path, base_url=BASE_URL, data={"csrf_token": token, **data})

    def api(self, path: str, token: str) -> TestResponse:
        return self.get(path, headers={"Authorization": f"Bearer {token}"})

    def callback_of(self, start: TestResponse) -> str:
        """Follows the redirect to the provider, which sends the browser back here."""
        assert start.location.startswith(f"{self.op.issuer}/authorize?")
        answer = requests.get(start.location, allow_redirects=False, timeout=5)
        return answer.headers["Location"].removeprefix(BASE_URL)

    def sign_in(self) -> TestResponse:
        return self.get(self.callback_of(self.get("/sign-in")))


@dataclass
class World:
    op: StandIn
    service: Flask
    browser: Browser

    def somebody_else(self) -> Browser:
        return Browser(self.service, self.op)

    def tell(self, logout_token: str | None = None) -> TestResponse:
        """Post to the service, as the provider does when a session ends, without a cookie."""
        return told(self.service, logout_token or self.op.logout_token())


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """The stand-in on a free port, and the example set to rely on it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    op = StandIn()
    server = make_server("127.0.0.1", 0, _provider(op), threaded=True)
    op.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        service = example(op, folder)
        yield World(op, service, Browser(service, op))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def example(op: StandIn, folder: Path, **settings: str) -> Flask:
    return create_app(
        {
            "ISSUER": op.issuer,
            "BASE_URL": BASE_URL,
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "DATABASE": str(folder / "school_performance.sqlite3"),
            **settings,
        }
    )


def told(service: Flask, logout_token: str) -> TestResponse:
    return service.test_client().post(
        "/back-channel-logout", base_url=BASE_URL, data={"logout_token": logout_token}
    )


def asked_of(start: TestResponse) -> dict[str, str]:
    """The parameters of an authorization request."""
    query = parse_qs(urlsplit(start.location).query)
    return {name: values[0] for name, values in query.items()}
