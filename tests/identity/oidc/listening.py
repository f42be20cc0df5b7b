"""A service's own server, which is told when somebody is signed out."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from sqlalchemy import select

from app.database import db, writing
from identity.access_termination import end_access
from identity.accounts.models import Account
from identity.oidc import backchannel
from identity.oidc.models import LogoutNotice
from tests.identity.people import Person


class Listening:
    """Remembers what it was sent, and answers as it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b""
        self.received: list[dict[str, list[str]]] = []
        self.types: list[str | None] = []
        self.hang = threading.Event()
        self.hang.set()
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listening.hang.wait(10)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listening.received.append(parse_qs(body))
                listening.types.append(self.headers["Content-Type"])
                self.send_response(listening.status)
                for name, value in listening.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(listening.body)))
                self.end_headers()
                # A client that has read enough closes the connection.
                with suppress(ConnectionError):
                    self.wfile.write(listening.body)

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        serve = partial(self.server.serve_forever, poll_interval=0.01)
        threading.Thread(target=serve, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/told"

    def close(self) -> None:
        self.hang.set()
        self.server.shutdown()
        self.server.server_close()


def deliver() -> None:
    """As the worker does, until nothing is under way."""
    waiting = threading.Event()
    while backchannel.deliver():
        waiting.wait(0.01)


def end_everything(person: Person, cause: str = "suspended") -> None:
    account = db.session.scalars(select(Account).where(Account.subject == person.subject)).one()
    with writing():
        end_access(account.id, cause=cause)


def states() -> list[str]:
    """How far each notice has come, oldest first."""
    db.session.expire_all()
    return list(db.session.scalars(select(LogoutNotice.state).order_by(LogoutNotice.id)))
