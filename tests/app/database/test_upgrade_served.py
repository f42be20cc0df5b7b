"""An upgrade under load: the earlier version serves through the migration, beside the newer one."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import text

from app.database import db
from approvals.settings import Settings
from tests.app.database import next_version
from tests.identity.oidc import signing_keys
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.oidc.served import Served, serving
from wsgi import ROOT

pytestmark = pytest.mark.usefixtures("processes")
CLIENTS = 4


@pytest.fixture
def rp(app: Flask) -> RelyingParty:
    signing_keys.ready()
    return RelyingParty(app.test_client(), register())


@pytest.fixture
def newer(tmp_path: Path) -> Sequence[str]:
    return next_version.make(tmp_path / "newer")


@contextmanager
def load(servers: list[Served], rp: RelyingParty) -> Iterator[Counter[str]]:
    """Send requests that read and write to all servers, also to those added later."""
    stop, outcomes, lock = threading.Event(), Counter[str](), threading.Lock()

    def send(client: httpx.Client, number: int, turn: int) -> str:
        served = servers[turn // 2 % len(servers)]
        if number == 0:
            # Slow checks of a busy machine are no matter of the schema.
            failures: dict[str, str] = (
                client.get(f"{served.issuer}/readyz").json().get("failures", {})
            )
            return failures.get("migrations", "ready")
        if turn % 2:
            path = rp.request().replace("http://localhost:8000", served.issuer)
            return str(client.get(served.issuer + path).status_code)
        form = {"grant_type": "client_credentials"}
        headers = {"Authorization": rp.basic()}
        return str(client.post(f"{served.issuer}/token", data=form, headers=headers).status_code)

    def work(number: int) -> None:
        with httpx.Client(timeout=20, trust_env=False) as client:
            for turn in itertools.count(number):
                if stop.is_set():
                    return
                outcome = send(client, number, turn)
                with lock:
                    outcomes[outcome] += 1

    threads = [threading.Thread(target=work, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_earlier_and_newer_version_serve_through_a_migration_without_a_bad_response(
    app_settings: Settings, rp: RelyingParty, newer: Sequence[str], tmp_path: Path
) -> None:
    with serving(app_settings, workers=1, log=tmp_path / "earlier.log") as earlier:
        servers = [_warm(earlier)]
        with load(servers, rp) as outcomes:
            _wait_for(outcomes, 50)
            setup = subprocess.run(
                [*newer, "setup"],
                cwd=ROOT,
                env=earlier.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert setup.returncode == 0, setup.stderr
            log = tmp_path / "newer.log"
            with serving(app_settings, workers=1, program=newer, log=log) as later:
                servers.append(_warm(later))
                _wait_for(outcomes, outcomes.total() + 100)
                servers.remove(later)
                time.sleep(0.3)
    present = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    assert present == next_version.REVISION
    logs = [(tmp_path / name).read_text() for name in ("earlier.log", "newer.log")]
    assert set(outcomes) == {"200", "303", "ready"}, (outcomes, *logs)


def _warm(served: Served) -> Served:
    """Return the server once its first checks of readiness, slower than later ones, have ended."""
    for _ in range(2):
        httpx.get(f"{served.issuer}/readyz", timeout=20)
    return served


def _wait_for(outcomes: Counter[str], total: int) -> None:
    until = time.monotonic() + 60
    while outcomes.total() < total:
        assert time.monotonic() < until, outcomes
        time.sleep(0.05)
