"""The worker's watch over its own work."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from app import worker
from app.database.deadline import time_left
from app.logs import configure
from app.retention import PURGES, Expired, Purge
from app.vault import Undecipherable
from app.worker import JOBS, Job
from approvals.settings import Settings
from tests.identity.oidc.served import environment_of
from wsgi import ROOT

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_WORKER = """
import sys, time
from app import logs, worker
from app.worker import JOBS, Job
from wsgi import create_app

app = create_app()
logs.include_libraries_and_exceptions()
JOBS.add(app, Job("tested", lambda: {work}, limit=0.5))
with app.app_context():
    worker.run(app, once=False)
"""


def ended_by(settings: Settings, work: str) -> list[dict[str, Any]]:
    """Run a worker whose job does this, and return its log. It ends with status 1."""
    ran = subprocess.run(
        [sys.executable, "-c", _WORKER.format(work=work)],
        cwd=ROOT,
        env=environment_of(settings, port=1),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1, ran.stderr
    return [json.loads(line) for line in ran.stderr.splitlines()]


@on_sqlite
@pytest.mark.usefixtures("processes")
def test_worker_with_a_job_that_hangs_names_it_and_ends(app: Flask, app_settings: Settings) -> None:
    last = ended_by(app_settings, "time.sleep(600)")[-1]
    assert (last["event"], last["work"]) == ("work hangs: the process ends", "tested")


@on_sqlite
@pytest.mark.usefixtures("processes")
def test_worker_whose_thread_of_jobs_dies_ends(app: Flask, app_settings: Settings) -> None:
    last = ended_by(app_settings, "sys.exit()")[-1]
    assert last["event"] == "the thread of the jobs has ended: the process ends"


@pytest.fixture
def _signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the handlers of signals that the worker replaces, and shorten its pauses."""
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.1)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@on_sqlite
@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("error", [ValueError("broken"), Undecipherable("no key opens this")])
def test_worker_pauses_a_job_that_fails_while_others_go_on(
    app: Flask, capfd: pytest.CaptureFixture[str], error: Exception
) -> None:
    passes = Counter[str]()

    def fail() -> bool:
        passes["failing"] += 1
        raise error

    def go_on() -> bool:
        passes["other"] += 1
        if passes["other"] == 3:
            signal.raise_signal(signal.SIGTERM)
        return False

    # Log to the standard error of this test.
    configure(app)
    JOBS.add(app, Job("failing", fail))
    JOBS.add(app, Job("other", go_on))
    worker.run(app, once=False)
    assert (passes["failing"], passes["other"] >= 3) == (1, True)
    assert capfd.readouterr().err.count('"job": "failing"') == 1


@on_sqlite
@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("disk I/O error"), psycopg.OperationalError("is gone")]
)
def test_worker_tries_a_job_again_soon_after_an_error_of_the_driver(
    app: Flask, capfd: pytest.CaptureFixture[str], error: Exception
) -> None:
    begun = time.monotonic()
    passes = Counter[str]()

    def fail_once() -> bool:
        passes["failing"] += 1
        if passes["failing"] == 1:
            raise error
        signal.raise_signal(signal.SIGTERM)
        return False

    def stop_after_five_seconds() -> bool:
        if time.monotonic() - begun > 5:
            signal.raise_signal(signal.SIGTERM)
        return False

    configure(app)
    JOBS.add(app, Job("failing", fail_once))
    JOBS.add(app, Job("other", stop_after_five_seconds))
    worker.run(app, once=False)
    assert passes["failing"] >= 2
    assert f'"error": "{error}"' in capfd.readouterr().err


@on_sqlite
@pytest.mark.usefixtures("_signals")
def test_worker_tries_the_purge_again_soon_after_an_error_of_the_driver(app: Flask) -> None:
    begun = time.monotonic()
    calls: list[str] = []

    def fail_once() -> list[Expired]:
        calls.append("purge")
        if len(calls) == 1:
            raise sqlite3.OperationalError("disk I/O error")
        signal.raise_signal(signal.SIGTERM)
        return []

    def stop_after_five_seconds() -> bool:
        if time.monotonic() - begun > 5:
            signal.raise_signal(signal.SIGTERM)
        return False

    JOBS.add(app, Job("other", stop_after_five_seconds))
    PURGES.add(app, Purge("tested", fail_once))
    worker.run(app, once=False)
    assert len(calls) == 2


@on_sqlite
@pytest.mark.usefixtures("_signals")
def test_worker_limits_waits_for_the_database_while_it_runs(app: Flask) -> None:
    limits: list[float | None] = []

    def note_limit() -> bool:
        limits.append(time_left())
        return False

    JOBS.add(app, Job("tested", note_limit))
    worker.run(app, once=True)
    assert limits[0] is not None
    assert time_left() is None
