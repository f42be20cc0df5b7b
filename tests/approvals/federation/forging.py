"""A provider that answers as a test says: for what an honest one never sends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from identity.upstream.tokens import LOGOUT_EVENT

Change = Callable[[dict[str, Any]], None]
_KEY_NUMBERS = cycle(range(2))
"""Two providers of one test have different keys, which all tests of a process share."""


@cache
def _key(_number: int) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


class ForgingProvider:
    """Listens on the loopback. `metadata` and `claims` are changed by tests.

    claims: of the next ID token; `nonce` is of the last request that the test noted. signing: the
    key of tokens, which need not be the published one. nonces: those of ID tokens, by the code.
    """

    def __init__(self) -> None:
        self.key = _key(next(_KEY_NUMBERS))
        self.signing: RSAKey | ECKey = self.key
        self.alg = "RS256"
        self.header: dict[str, Any] = {}
        self.published: list[Mapping[str, Any]] = []
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.nonces: dict[str, str] = {}
        self.token: str | None = None
        self.silent = False
        self.unanswered = 0
        self.redeemed: list[dict[str, list[str]]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if provider.silent:
                    provider.unanswered += 1
                    self.connection.close()
                    return
                known = {
                    "/.well-known/openid-configuration": provider.document(),
                    "/jwks": {"keys": provider.published or [provider.key.as_dict(private=False)]},
                }
                self._respond(known.get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = parse_qs(body)
                provider.redeemed.append(form)
                nonce = provider.nonces.get(form["code"][0])
                changes = {"nonce": nonce} if nonce is not None else {}
                self._respond(
                    {
                        "access_token": "not used",
                        "token_type": "Bearer",
                        "id_token": provider.token or provider.id_token(**changes),
                    }
                )

            def _respond(self, document: object) -> None:
                encoded = json.dumps(document).encode()
                self.send_response(404 if document is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        serve = partial(self.server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def document(self) -> dict[str, Any]:
        """The metadata, without members that the test set to None."""
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.metadata,
        }
        return {name: value for name, value in document.items() if value is not None}

    def id_token(self, **changes: Any) -> str:
        at = int(time.time())
        return self.sign(
            {
                "iss": self.issuer,
                "aud": "client-1",
                "sub": "grace",
                "iat": at,
                "exp": at + 300,
                "auth_time": at,
                "amr": ["pwd", "mfa"],
                **self.claims,
                **changes,
            }
        )

    def logout_token(self, **changes: Any) -> str:
        at = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "client-1",
            "sub": "grace",
            "iat": at,
            "exp": at + 60,
            "jti": "logout-1",
            "events": {LOGOUT_EVENT: {}},
            **changes,
        }
        return self.sign(claims, typ="logout+jwt")

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        stated = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.alg, "kid": "one", "typ": typ, **self.header}
        return jws.serialize_compact(
            header, json.dumps(stated), self.signing, algorithms=[self.alg]
        )
