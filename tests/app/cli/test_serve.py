"""Order of a start: the server listens before the application is composed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from approvals.settings import Settings
from tests.identity.oidc.served import PROGRAM, environment_of
from tests.servers import ports
from wsgi import ROOT

pytestmark = pytest.mark.usefixtures("processes")
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_COMPOSES_NOTHING = """
import os, socket
import click
import wsgi

def create_app():
    address = ("127.0.0.1", int(os.environ["SECURE_ACCESS_PORT"]))
    socket.create_connection(address).close()
    raise click.ClickException("connected while the application was composed")

wsgi.cli._create_app = create_app
wsgi.cli(["serve"])
"""


@on_sqlite
def test_server_accepts_connections_before_the_application_is_composed(
    app_settings: Settings,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _COMPOSES_NOTHING],
        cwd=ROOT,
        env=environment_of(app_settings, port=ports.free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr.splitlines()[-1:] == [
        "Error: connected while the application was composed"
    ], ran.stderr


@on_sqlite
def test_request_that_arrives_while_the_server_starts_is_answered(app_settings: Settings) -> None:
    port = ports.free_port()
    server = subprocess.Popen(
        [PROGRAM, "serve"], cwd=ROOT, env=environment_of(app_settings, port=port)
    )
    try:
        with _first_connection(port) as early:
            early.settimeout(60)
            early.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert early.recv(1000).startswith(b"HTTP/1.1 200")
    finally:
        server.terminate()
        server.wait(30)


def _first_connection(port: int) -> socket.socket:
    """Connect as soon as the port accepts."""
    until = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection((ports.HOST, port))
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
