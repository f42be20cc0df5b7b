"""How soon services hear that somebody was removed: twenty of them, of which two hang."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from flask import Flask
from joserfc.util import json_b64decode
from sqlalchemy import select

from app.actors import Actor
from app.database import db
from approvals.memberships.actions import remove_member
from approvals.memberships.models import Membership
from bench.endpoints import Client
from bench.load import Conversation, Target, measure
from bench.people import RIGHTS, SERVICE, Stage, Variant, enter
from bench.processes import PROGRAM, Failed, beside, serving
from bench.stores import Store
from bench.terminal import console
from identity.accounts.models import Account
from tests.servers import ports
from wsgi import create_app

SERVICES, HANGING = 20, 2
SECONDS = 2.0
"""The bar: from the removal to the last healthy service, at the 95th percentile."""
LONGEST = 30.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """All services are told at once."""


class Listening:
    """The services' own servers: when each was told of whom, by `sub`."""

    def __init__(self) -> None:
        self.told: dict[str, list[float]] = {}
        self.changed = threading.Condition()
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listening.hear(parse_qs(body)["logout_token"][0])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = _Server((ports.HOST, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        # Connections are made, and nobody ever reads from them.
        self.silent = socket.create_server((ports.HOST, 0), backlog=1_000)

    def hear(self, token: str) -> None:
        subject = json_b64decode(token.split(".")[1].encode())["sub"]
        with self.changed:
            self.told.setdefault(subject, []).append(time.monotonic())
            self.changed.notify_all()

    def addresses(self) -> list[str]:
        """Return as many addresses as there are services, those that hang first."""
        silent, open_ones = self.silent.getsockname()[1], self.server.server_address[1]
        return [f"http://{ports.HOST}:{silent}/{number}" for number in range(HANGING)] + [
            f"http://{ports.HOST}:{open_ones}/{number}" for number in range(SERVICES - HANGING)
        ]

    def all_told(self, subject: str, since: float) -> float:
        """Return seconds until every healthy service was told. Raises Failed after `LONGEST`."""
        with self.changed:
            healthy = SERVICES - HANGING
            if not self.changed.wait_for(
                lambda: len(self.told.get(subject, [])) >= healthy, timeout=LONGEST
            ):
                heard = len(self.told.get(subject, []))
                raise Failed(f"{heard} of {healthy} services were told within {LONGEST:.0f} s")
            return self.told[subject][-1] - since

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.silent.close()


def told_after(store: Store, folder: Path, *, removals: int) -> list[float]:
    """Return for each removal the time until the last healthy service was notified."""
    with ExitStack() as stack:
        listening = Listening()
        stack.callback(listening.close)
        app = create_app(store.settings())
        with console.status(f"{store.name}: people enter {SERVICES} services"):
            stage = enter(app, _variants(), listening.addresses(), people=removals + 1)
            _enter_all(store, stage, folder)
        stack.enter_context(
            beside([str(PROGRAM), "worker"], store.environment(), folder / "worker.log")
        )
        with console.status(f"{store.name}: {removals} people are removed"):
            # The first is told of as soon as the worker has started, and does not count.
            return [_removed(app, subject, listening) for subject in stage.subjects][1:]


def _variants() -> list[Variant]:
    return [Variant(f"told {number}", SERVICE, "ES256", RIGHTS) for number in range(SERVICES)]


def _enter_all(store: Store, stage: Stage, folder: Path) -> None:
    """Sign each person in to each service, as a browser would."""
    log = folder / f"serve-removal-{store.name}.log"
    with serving([str(PROGRAM), "serve"], store.environment(), store.port, log) as running:
        target = Target(store.port, store.host, running.pid)

        def work() -> Iterator[Conversation]:
            for variant in _variants():
                yield from Client.of(variant, stage).authorize()

        measure(target, work(), seconds=600, connections=4)


def _removed(app: Flask, subject: str, listening: Listening) -> float:
    with app.app_context():
        membership = db.session.scalars(
            select(Membership)
            .join(Account, Account.id == Membership.account_id)
            .where(Account.subject == subject, Membership.valid_to.is_(None))
        ).one()
        since = time.monotonic()
        remove_member(membership, actor=Actor.command("bench"))
        db.session.remove()
    return listening.all_told(subject, since)
