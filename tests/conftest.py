"""Shared by all tests: the whole application on a fresh database, of both kinds."""

import base64
import contextvars
import gc
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from pydantic import BaseModel
from werkzeug.test import TestResponse

from app.clock import now
from app.database import db, schema
from approvals.settings import Settings
from tests.compiled import use_compiled, use_compiled_routes
from tests.servers import postgresql
from wsgi import create_app

ISSUER = "http://localhost:8000"
_ENCRYPTION_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
_SECRET_KEY = secrets.token_urlsafe(48)
REAL_COST = {"password_memory_kib": 19456, "password_passes": 2}
"""Cost of a password's hash in production, which the settings do not let anybody lower."""
TEST_COST = {"password_memory_kib": 64, "password_passes": 1}


_COLLECTED_AT = now()

use_compiled_routes()
# A slow machine fails no property: speed is measured by benchmarks alone.
property_settings.register_profile(
    "untimed",
    property_settings.default,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
property_settings.load_profile("untimed")


PROCESS_EVENTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"})
_quick_test: str | None = None
"""The running test, if it must not start a process."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="run only tests that need no process beside pytest: no PostgreSQL, browser or server",
    )


def is_quick(item: pytest.Item) -> bool:
    """Return whether the test needs no other process, by its fixtures and their parameters."""
    if not isinstance(item, pytest.Function):
        return True
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return "processes" not in item.fixturenames and "postgresql" not in parameters.values()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick`, deselect the tests that need other processes."""
    if not config.getoption("quick"):
        return
    deselected = [item for item in items if not is_quick(item)]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if is_quick(item)]
    if hasattr(config, "workeroutput"):
        config.workeroutput["deselected"] = [item.nodeid for item in deselected]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Count the deselected tests in the summary: pytest-xdist deselects in its workers only."""
    deselected = getattr(node, "workeroutput", {}).get("deselected", [])
    if deselected and node.gateway.id == "gw0":
        items = [SimpleNamespace(nodeid=name) for name in deselected]
        node.config.hook.pytest_deselected(items=items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test start processes only if `is_quick` knows that it does."""
    global _quick_test
    _quick_test = item.nodeid if is_quick(item) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Let fixtures of earlier tests stop their servers after the last test, by a process."""
    global _quick_test
    _quick_test = None


def refuse_processes(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: fail a quick test that starts a process other than git."""
    if _quick_test is None or event not in PROCESS_EVENTS:
        return
    if event != "subprocess.Popen" or arguments[0] != "git":
        raise AssertionError(f"{_quick_test} starts a process: request the fixture `processes`")


sys.addaudithook(refuse_processes)


def pytest_collection_finish() -> None:
    """Exempt the modules and the collected tests from garbage collection.

    Each test leaves its application behind as garbage. With the default thresholds, full
    collections take a fifth of the whole run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2000, 10, 30)


def settings(database_url: str, **changes: Any) -> Settings:
    """Settings of a test's application: production's, on its own database.

    Except for the cost of a password's hash, which takes a fifth of a sign-in's time; tests about
    the cost itself use `REAL_COST`. Variables of the environment are not read.
    """
    values: dict[str, Any] = {
        "database_url": database_url,
        "issuer": ISSUER,
        "secret_key": _SECRET_KEY,
        "encryption_keys": _ENCRYPTION_KEY,
        "request_limit": "100000 per minute",
        "anonymous_rows_per_minute": 100_000,
        "anonymous_rows_per_hour": 1_000_000,
        **changes,
    }
    made = Settings.__new__(Settings)
    BaseModel.__init__(made, **{**REAL_COST, **values})
    return made if REAL_COST.keys() <= changes.keys() else made.model_copy(update=TEST_COST)


def make_tables(database_url: str) -> None:
    app = create_app(settings(database_url))
    with app.app_context():
        schema.upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def day_of_collection() -> Iterator[None]:
    """Run the test at the moment of the collection, where a module has constants of its day.

    A run that passes midnight would meet the next day else.
    """
    with time_machine.travel(_COLLECTED_AT, tick=True):
        yield


@pytest.fixture(scope="session")
def processes() -> None:
    """Permission to start processes. A test or fixture that starts one requests it.

    `make quick` leaves out the tests that request it, be it through another fixture.
    """


@pytest.fixture(scope="session")
def postgresql_server(processes: None) -> Iterator[postgresql.PostgreSQL]:
    with postgresql.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: postgresql.PostgreSQL) -> str:
    url = postgresql_server.create_database()
    make_tables(url)
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "secure-access.sqlite3"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with all tables: each test runs on SQLite and PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "secure-access.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_server")
    url = server.create_database(template=request.getfixturevalue("postgresql_template"))
    yield url
    server.drop_database(url)


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Override in a module to change a setting."""
    return settings(database_url, mail_directory=tmp_path / "mail")


class Browser(FlaskClient):
    """A browser without JavaScript.

    Each request runs outside the test's own context, as it would in a server; afterwards the test
    sees what it changed.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = contextvars.Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return response


@contextmanager
def application(chosen: Settings) -> Iterator[Flask]:
    """The whole application, with its context pushed: queries and actions can be called at once."""
    flask = create_app(chosen)
    flask.test_client_class = Browser
    with flask.app_context():
        use_compiled(flask)
        try:
            yield flask
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(app_settings: Settings) -> Iterator[Flask]:
    with application(app_settings) as flask:
        yield flask


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
