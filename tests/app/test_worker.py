"""The worker's watch over its own work."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask

from app import worker
from app.database.deadline import time_left
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


@on_sqlite
def test_worker_limits_waits_for_the_database_while_it_runs(app: Flask) -> None:
    limits: list[float | None] = []

    def note_limit() -> bool:
        limits.append(time_left())
        return False

    JOBS.add(app, Job("tested", note_limit))
    worker.run(app, once=True)
    assert limits[0] is not None
    assert time_left() is None
