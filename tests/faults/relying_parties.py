"""Relying parties of the load: logout addresses that keep each notice, and published keys."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.servers import ports


@dataclass(frozen=True)
class Notice:
    """One delivery of a logout token."""

    sid: str
    identifier: str
    at: float


@dataclass
class RelyingParties:
    """Listens at `port`. `status` is the answer to each notice; 200 and 204 accept it."""

    port: int
    status: int = 200
    received: list[Notice] = field(default_factory=list)
    keys: list[Mapping[str, object]] = field(default_factory=list)
    """Public keys of clients, the answer to every GET."""

    def address(self, port: int) -> str:
        """Return the back-channel logout address, reached through a relay at this port."""
        return f"http://{ports.HOST}:{port}/logout"


def claims_of(token: str) -> dict[str, object]:
    """Return the claims of a JWT, unverified."""
    body = token.split(".")[1]
    claims: dict[str, object] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


@contextmanager
def listening() -> Iterator[RelyingParties]:
    """Yield relying parties that are stopped at the end."""
    parties = RelyingParties(ports.free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if parties.status in {200, 204}:
                claims = claims_of(form["logout_token"][0])
                parties.received.append(Notice(str(claims["sid"]), str(claims["jti"]), time.time()))
            self.send_response(parties.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            body = json.dumps({"keys": parties.keys}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer((ports.HOST, parties.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield parties
    finally:
        server.shutdown()
        server.server_close()
