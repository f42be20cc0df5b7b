"""The rig: product, database, Redis, mail server and relying parties, each behind a relay."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask

from approvals.settings import Settings
from bench.http import Answer, Call
from tests.faults import relying_parties, stage, stores
from tests.faults.browser import Browser, shown
from tests.faults.journal import Journal
from tests.faults.network import Relay
from tests.faults.programs import Program, Usage
from tests.faults.relying_parties import RelyingParties
from tests.faults.stores import Store
from tests.identity.oidc.served import PROGRAM
from tests.servers import ports, redis, smtp
from tests.servers.postgresql import PostgreSQL, database_name
from tests.servers.redis import Redis
from tests.servers.smtp import MailServer
from wsgi import ROOT, create_app

WORKERS = 2
REQUEST_LIMIT = 600


@dataclass
class Rig:
    """Everything that a fault may break. `app` works on the database past the relay."""

    store: Store
    folder: Path
    seed: int
    redis: Redis
    mail: MailServer
    parties: RelyingParties
    redis_relay: Relay
    mail_relay: Relay
    party_relay: Relay
    port: int = field(default_factory=ports.free_port)
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    encryption_key: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(32)).decode()
    )

    def __post_init__(self) -> None:
        self.environment = self._environment()
        self.server = Program(("serve",), self.environment, self.folder / "serve.log")
        self.worker = Program(("worker",), self.environment, self.folder / "worker.log")
        self.app = self._composed()
        self.resources = ExitStack()
        """Closed after the product has stopped."""
        self.client = ("", "")
        self.baseline: dict[str, Usage] = {}
        """Resources after the first load, with which those after each fault are compared."""
        self.journal = Journal(self.folder / "rig.journal")

    def command(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `secure-access` to its end."""
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=ROOT,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    async def ask(self, path: str) -> tuple[Answer | None, float]:
        """Return the answer to a GET on a new connection, if there is one, and its seconds."""
        browser = Browser("rig", self.port, self.journal)
        began = time.monotonic()
        reply = await browser.send("probe", path, Call(path), shown)
        browser.close()
        return reply.answer, time.monotonic() - began

    async def ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        answer, _ = await self.ask("/readyz")
        return answer is not None and answer.status == 200

    async def wait_until_ready(self, seconds: float = 60) -> float:
        """Return the seconds until `/readyz` answered 200. Raises TimeoutError."""
        began = time.monotonic()
        while not await self.ready():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"/readyz is not 200 after {seconds:g} seconds")
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def revive(self) -> list[str]:
        """Start again what the last fault has ended. Return a sentence for each."""
        ended = [program for program in (self.server, self.worker) if not program.is_running()]
        for program in ended:
            program.start()
        if not await self.ready():
            for program in (self.server, self.worker):
                await asyncio.to_thread(program.kill)
                program.start()
            await self.wait_until_ready()
            return ["the product had to be restarted"]
        return [f"`secure-access {program.arguments[0]}` has ended" for program in ended]

    def usage(self) -> dict[str, Usage]:
        """Return what server and worker use now."""
        return {"serve": self.server.usage(), "worker": self.worker.usage()}

    def connections(self) -> int:
        """Return the number of connections to PostgreSQL besides this one."""
        if self.store.server is None:
            return 0
        with psycopg.connect(self.store.url.replace("+psycopg", "")) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL"
            ).fetchone()
        return int(row[0]) - 1 if row else 0

    def move_to(self, server: PostgreSQL, folder: Path) -> None:
        """Make this server, whose files lie in the folder, the database from now on."""
        store = self.store
        assert store.relay is not None
        store.server, store.folder = server, folder
        store.url = server.url_of(database_name(store.url))
        store.relay.target = server.port
        self.app = self._composed()

    def _composed(self) -> Flask:
        own: dict[str, Any] = {
            "database_url": self.store.url,
            "issuer": f"http://localhost:{self.port}",
            "secret_key": self.secret_key,
            "encryption_keys": self.encryption_key,
            "outbound_networks": "127.0.0.0/8",
        }
        settings = Settings(_env_file=None, **own)  # type: ignore[call-arg]  # of BaseSettings
        return create_app(settings)

    def _environment(self) -> dict[str, str]:
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SECURE_ACCESS_")
        }
        values = {
            "database_url": self.store.served_url,
            "issuer": f"http://localhost:{self.port}",
            "port": str(self.port),
            "workers": str(WORKERS),
            "secret_key": self.secret_key,
            "encryption_keys": self.encryption_key,
            "redis_url": f"redis://{ports.HOST}:{self.redis_relay.port}/0",
            "smtp_host": ports.HOST,
            "smtp_port": str(self.mail_relay.port),
            "smtp_security": "none",
            "mail_from": "Secure Access <no-reply@faults.example>",
            "outbound_networks": "127.0.0.0/8",
            "request_limit": f"{REQUEST_LIMIT} per minute",
            "anonymous_rows_per_minute": "100000",
            "anonymous_rows_per_hour": "1000000",
        }
        return own | {f"SECURE_ACCESS_{name.upper()}": value for name, value in values.items()}


@asynccontextmanager
async def running(store_name: str, folder: Path, seed: int) -> AsyncIterator[Rig]:
    """Yield the rig with the product ready. Everything is stopped at the end."""
    async with AsyncExitStack() as stack:
        store = stack.enter_context(stores.opened(store_name, folder))
        memory = stack.enter_context(redis.running())
        mail = stack.enter_context(smtp.running())
        parties = stack.enter_context(relying_parties.listening())
        rig = Rig(
            store=store,
            folder=folder,
            seed=seed,
            redis=memory,
            mail=mail,
            parties=parties,
            redis_relay=Relay(memory.port, seed),
            mail_relay=Relay(mail.port, seed),
            party_relay=Relay(parties.port, seed),
        )
        stack.callback(rig.journal.close)
        stack.enter_context(rig.resources)
        for relay in (rig.redis_relay, rig.mail_relay, rig.party_relay, store.relay):
            if relay is not None:
                await relay.start()
                stack.push_async_callback(relay.stop)
        set_up = await asyncio.to_thread(rig.command, "setup")
        if set_up.returncode:
            raise RuntimeError(f"secure-access setup failed:\n{set_up.stderr}")
        rig.client = await asyncio.to_thread(
            stage.register_client, rig.app, parties.address(rig.party_relay.port)
        )
        for program in (rig.server, rig.worker):
            program.start()
            stack.push_async_callback(asyncio.to_thread, program.stop)
        await rig.wait_until_ready()
        yield rig
