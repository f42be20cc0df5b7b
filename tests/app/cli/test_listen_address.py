"""A server does not share its port with another."""

from __future__ import annotations

import socket
import subprocess

import pytest

from app.cli.listen_address import why_occupied
from approvals.settings import Settings
from tests.identity.oidc.served import serving
from tests.servers import ports
from wsgi import ROOT


def test_port_on_which_nothing_listens_is_free() -> None:
    assert why_occupied(ports.HOST, ports.free_port()) is None


def test_port_that_others_would_share_is_in_use() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind((ports.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        assert why_occupied(ports.HOST, port) == f"Port {port} of {ports.HOST} is in use."


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("processes")
def test_second_server_on_a_port_is_refused_in_a_sentence(app_settings: Settings) -> None:
    with serving(app_settings, workers=1) as served:
        second = subprocess.run(
            served.process.args[-2:],  # type: ignore[index]  # a list, as it was given
            cwd=ROOT,
            env=served.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert second.returncode == 1
    assert f"Port {served.port} of " in second.stderr
    assert "SECURE_ACCESS_PORT" in second.stderr
    assert "Traceback" not in second.stderr
