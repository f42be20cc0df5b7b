"""Further servers on the database of the rig, as on other hosts behind one load balancer."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.http import Call
from tests.faults.browser import Browser, shown
from tests.faults.fault import Trial
from tests.faults.programs import Program, wait_for
from tests.servers import ports
from wsgi import ROOT

CODE = ("app", "approvals", "identity", "migrations", "static", "templates")
MIGRATION = '''"""Expand the schema as a newer release does."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account", "session", "oidc_grant", "oidc_refresh_token", "membership"):
        op.add_column(
            table, sa.Column("faults_added", sa.String(8), server_default="new", nullable=False)
        )
    op.create_table("faults_added", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_index("ix_faults_added", "session", ["faults_added"])


def downgrade() -> None:
    op.drop_index("ix_faults_added", "session")
    op.drop_table("faults_added")
    for table in ("account", "session", "oidc_grant", "oidc_refresh_token", "membership"):
        op.drop_column(table, "faults_added")
'''
DOWNGRADE = (
    "from wsgi import create_app; from app.database.schema import downgrade\n"
    "with create_app().app_context(): downgrade({newest!r})"
)


@asynccontextmanager
async def second_host(
    trial: Trial,
    *,
    prefix: tuple[str, ...] = (),
    release: Release | None = None,
    failing_check: str = "",
    changes: Mapping[str, str] | None = None,
) -> AsyncIterator[int]:
    """Yield the port of another ready server of the same issuer, which is stopped at the end.

    It has the environment of the rig with these changes. `prefix` stands before its command. With
    `failing_check` it answers, and reports itself not ready for that reason.
    """
    port = ports.free_port()
    environment = {**trial.rig.environment, "SECURE_ACCESS_PORT": str(port), **(changes or {})}
    server = Program(("serve",), environment, trial.rig.folder / "second.log", prefix)
    if release is not None:
        server = release.program("serve", environment=environment, log=server.log)
    server.start()
    try:
        await asyncio.to_thread(wait_for, server, port)
        await _wait_for_readiness(trial, port, failing_check)
        yield port
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def shared_load(trial: Trial, port: int) -> AsyncIterator[None]:
    """Send the requests of the load to the rig's server and to this port in turn."""
    trial.listeners += [trial.rig.port, port]
    try:
        yield
    finally:
        trial.listeners.clear()
        # Requests that are under way at the second server end before it does.
        await asyncio.sleep(1)


@dataclass(frozen=True)
class Release:
    """A copy of this checkout with one more migration, as the next release."""

    folder: Path
    newest: str

    @classmethod
    def copied(cls, folder: Path) -> Release:
        """Copy the code and add the migration."""
        for name in CODE:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy2(ROOT / "wsgi.py", folder)
        versions = folder / "migrations" / "versions"
        newest = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
        (versions / "9001_faults.py").write_text(MIGRATION.format(newest=newest))
        return cls(folder, newest)

    def program(self, *arguments: str, environment: dict[str, str], log: Path) -> Program:
        """Return `secure-access` of this release with these arguments."""
        return self._python("from wsgi import cli; cli()", *arguments, env=environment, log=log)

    def downgrade(self, environment: dict[str, str], log: Path) -> Program:
        """Return the program that takes the migration back."""
        return self._python(DOWNGRADE.format(newest=self.newest), env=environment, log=log)

    def _python(self, code: str, *arguments: str, env: dict[str, str], log: Path) -> Program:
        return Program(
            arguments,
            {**env, "PYTHONPATH": str(self.folder)},
            log,
            command=(sys.executable, "-c", code),
            folder=self.folder,
        )


async def _wait_for_readiness(
    trial: Trial, port: int, failing_check: str, seconds: float = 60
) -> None:
    browser = Browser("second host", trial.rig.port, trial.rig.journal, listeners=[port])
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        reply = await browser.send("probe", "/readyz", Call("/readyz"), shown)
        if reply.answer is not None and reply.answer.status in {200, 503}:
            ready = reply.answer.status == 200
            if failing_check in json.loads(reply.answer.body)["failures"] or (
                ready and not failing_check
            ):
                browser.close()
                return
        await asyncio.sleep(0.1)
    expected = f"unready because of its {failing_check}" if failing_check else "ready"
    raise TimeoutError(f"the second server is not {expected} after {seconds:g} seconds")
