"""A reload of the server: new code and settings, and no request that fails."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from flask import Flask

from app.serving.handover import HANDOVER
from approvals.settings import Settings
from tests.faults.programs import children_of
from tests.identity.oidc import signing_keys
from tests.identity.oidc.served import PROGRAM, Served, serving
from tests.servers import ports
from wsgi import ROOT

pytestmark = pytest.mark.usefixtures("processes")
# Nothing of a reload depends on the database.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PATHS = ("/jwks", "/sign-in", "/jwks", "/accessibility")


@pytest.fixture
def chosen(tmp_path: Path) -> Path:
    """The settings file."""
    file = tmp_path / "settings.env"
    file.write_text("SECURE_ACCESS_SUPPORT_EMAIL=first@access.example\n")
    return file


@pytest.fixture
def served(app: Flask, app_settings: Settings, chosen: Path, tmp_path: Path) -> Iterator[Served]:
    signing_keys.ready()
    with serving(
        app_settings,
        workers=2,
        log=tmp_path / "log",
        SECURE_ACCESS_SETTINGS_FILE=str(chosen),
    ) as running:
        yield running


def reload(served: Served) -> None:
    """Reload the server and wait until every earlier worker has ended."""
    before = set(children_of(served.process.pid))
    os.kill(served.process.pid, signal.SIGHUP)
    ports.wait_until(
        partial(_has_replaced, served.process.pid, before),
        seconds=60,
        what="the workers are replaced",
    )


def _has_replaced(server: int, before: set[int]) -> bool:
    present = set(children_of(server))
    return len(present) == 2 and not present & before


@contextmanager
def load(served: Served) -> Iterator[Counter[str]]:
    """Send requests from eight clients, half of them on kept connections; count the outcomes."""
    stop, outcomes, lock = threading.Event(), Counter[str](), threading.Lock()

    def client(number: int) -> None:
        own: Counter[str] = Counter()
        connection = None
        while not stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection(
                    "localhost", served.port, timeout=15
                )
                connection.request("GET", PATHS[number % len(PATHS)])
                response = connection.getresponse()
                response.read()
                own[str(response.status)] += 1
                if number % 2 or response.getheader("Connection") == "close":
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                own[type(error).__name__] += 1
                connection = None
        if connection is not None:
            connection.close()
        with lock:
            outcomes.update(own)

    threads = [threading.Thread(target=client, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@on_sqlite
def test_reload_loses_no_request(served: Served) -> None:
    with load(served) as outcomes:
        time.sleep(0.5)
        reload(served)
        reload(served)
    assert set(outcomes) == {"200", "303"}
    assert outcomes.total() > 1000


@on_sqlite
def test_reload_takes_new_settings(served: Served, chosen: Path) -> None:
    page = httpx.get(f"{served.issuer}/help")
    assert "first@access.example" in page.text
    chosen.write_text("SECURE_ACCESS_SUPPORT_EMAIL=second@access.example\n")
    reload(served)
    assert "second@access.example" in httpx.get(f"{served.issuer}/help").text


@on_sqlite
def test_reload_executes_the_program_that_is_there_now(
    app_settings: Settings, tmp_path: Path
) -> None:
    program = tmp_path / "secure-access"
    _write_program(program, version="first")
    with serving(app_settings, workers=2, log=tmp_path / "log", program=[str(program)]) as served:
        _write_program(program, version="second")
        reload(served)
        log = (tmp_path / "log").read_text()
        # Started, started again under the settings of the allocator, checked, executed.
        assert log.index("version first") < log.index("version second")


@on_sqlite
def test_reload_hands_over_what_each_release_reads(app_settings: Settings, tmp_path: Path) -> None:
    program, handed = tmp_path / "secure-access", tmp_path / "handed"
    _write_program(program, version="first")
    with serving(app_settings, workers=2, log=tmp_path / "log", program=[str(program)]) as served:
        _write_program(
            program, f"open({str(handed)!r}, 'w').write(os.environ.get({HANDOVER!r}, ''))"
        )
        reload(served)
        given = json.loads(handed.read_text())
        assert given.keys() == {"socket", "line", "pipe", "workers"}
        assert given["line"] == given["pipe"]


@on_sqlite
def test_reload_to_a_version_that_cannot_take_over_is_refused(
    app_settings: Settings, tmp_path: Path
) -> None:
    program, log = tmp_path / "secure-access", tmp_path / "log"
    _write_program(program, version="first")
    with serving(app_settings, workers=2, log=log, program=[str(program)]) as served:
        before = children_of(served.process.pid)
        _write_program(program, f"os.environ[{HANDOVER!r}] = '{{}}'")
        os.kill(served.process.pid, signal.SIGHUP)
        ports.wait_until(
            lambda: "the reload is refused" in log.read_text(),
            seconds=30,
            what="the reload is refused",
        )
        assert "cannot take over from the running server" in log.read_text()
        assert httpx.get(f"{served.issuer}/healthz").status_code == 200
        assert children_of(served.process.pid) == before


def _write_program(path: Path, statement: str = "", *, version: str = "second") -> None:
    path.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        f"print('version {version}', file=sys.stderr)\n"
        f"{statement}\n"
        "from wsgi import cli\n"
        "cli()\n"
    )
    path.chmod(0o755)


@on_sqlite
def test_reload_during_a_reload_leaves_no_earlier_worker(served: Served, tmp_path: Path) -> None:
    server = served.process.pid
    first = set(children_of(server))
    os.kill(server, signal.SIGHUP)
    ports.wait_until(
        # Until then the children are the first workers and the check of the new program.
        lambda: (
            "the server is reloaded" in (tmp_path / "log").read_text()
            and len(first & set(children_of(server))) == 2
            and len(children_of(server)) == 4
        ),
        seconds=30,
        what="the workers of both programs run",
    )
    earlier = set(children_of(server))
    os.kill(server, signal.SIGHUP)
    ports.wait_until(
        partial(_has_replaced, server, earlier), seconds=60, what="all earlier workers end"
    )
    assert (tmp_path / "log").read_text().count("the server is reloaded") == 2
    assert httpx.get(f"{served.issuer}/healthz").status_code == 200


@on_sqlite
def test_reload_with_settings_that_cannot_be_used_is_refused_with_its_reason(
    served: Served, chosen: Path, tmp_path: Path
) -> None:
    before = children_of(served.process.pid)
    chosen.write_text("SECURE_ACCESS_PASSWORD_PASSES=none\n")
    os.kill(served.process.pid, signal.SIGHUP)
    ports.wait_until(
        lambda: "the reload is refused" in (tmp_path / "log").read_text(),
        seconds=30,
        what="the reload is refused",
    )
    assert "SECURE_ACCESS_PASSWORD_PASSES" in (tmp_path / "log").read_text()
    assert httpx.get(f"{served.issuer}/healthz").status_code == 200
    assert children_of(served.process.pid) == before


def test_settings_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    ran = subprocess.run(
        [PROGRAM, "serve", "--check"],
        cwd=ROOT,
        env={**os.environ, "SECURE_ACCESS_SETTINGS_FILE": str(tmp_path / "missing")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert f"names {tmp_path / 'missing'}, which cannot be read: No such file" in ran.stderr
