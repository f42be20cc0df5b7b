"""The provider as `secure-access serve` runs it: its own processes, over sockets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from approvals.settings import Settings
from tests.servers import binaries, ports
from wsgi import ROOT

PROGRAM = str(Path(sys.executable).parent / "secure-access")


@dataclass(frozen=True)
class Served:
    """`issuer` is what browsers and clients see; `port` is where the server itself listens."""

    issuer: str
    port: int
    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]
    log: Path | None = None

    def do_jobs(self) -> None:
        """Run the jobs of `secure-access worker` once, beside the server."""
        with _written_to(self.log) as output:
            subprocess.run(
                [PROGRAM, "worker", "--once"],
                cwd=ROOT,
                env=self.environment,
                check=True,
                stdout=output,
                stderr=output,
            )


@contextmanager
def serving(
    settings: Settings,
    *,
    workers: int = 4,
    issuer: str | None = None,
    log: Path | None = None,
    program: Sequence[str] = (PROGRAM,),
    **more: str,
) -> Iterator[Served]:
    """Serves the database of these settings, with the same keys, in so many processes.

    `program` stands for `secure-access`, with other limits for example.
    """
    port = ports.free_port()
    issuer = issuer or f"http://localhost:{port}"
    environment = environment_of(settings, port=port, issuer=issuer, workers=workers) | more
    with _written_to(log) as output:
        process = subprocess.Popen(
            [*binaries.tied_to_parent("TERM"), *program, "serve"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        ports.wait_until(lambda: _answers(port), seconds=60, what="the provider answers")
        yield Served(issuer, port, process, environment, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def environment_of(
    settings: Settings, *, port: int, issuer: str | None = None, workers: int = 1
) -> dict[str, str]:
    """Return the environment of a command with these settings."""
    return {
        **{name: value for name, value in os.environ.items() if not _ours(name)},
        "SECURE_ACCESS_DATABASE_URL": settings.database_url,
        "SECURE_ACCESS_ISSUER": issuer or f"http://localhost:{port}",
        "SECURE_ACCESS_SECRET_KEY": settings.secret_key.get_secret_value(),
        "SECURE_ACCESS_ENCRYPTION_KEYS": settings.encryption_keys[0].get_secret_value(),
        "SECURE_ACCESS_REQUEST_LIMIT": settings.request_limit,
        "SECURE_ACCESS_ANONYMOUS_ROWS_PER_MINUTE": str(settings.anonymous_rows_per_minute),
        "SECURE_ACCESS_ANONYMOUS_ROWS_PER_HOUR": str(settings.anonymous_rows_per_hour),
        "SECURE_ACCESS_JWKS_MAX_AGE": str(settings.jwks_max_age),
        "SECURE_ACCESS_PORT": str(port),
        "SECURE_ACCESS_WORKERS": str(workers),
        "SECURE_ACCESS_THREADS": "4",
    }


@contextmanager
def _written_to(log: Path | None) -> Iterator[IO[bytes]]:
    """Where output goes: to the end of the log, or nowhere."""
    with (log or Path(os.devnull)).open("ab") as output:
        yield output


def _ours(name: str) -> bool:
    return name.startswith("SECURE_ACCESS_")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{ports.HOST}:{port}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
