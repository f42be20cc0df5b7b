"""The demo's processes are stopped together, however impatiently."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import ports
from wsgi import ROOT

pytestmark = pytest.mark.usefixtures("processes")

STARTS_ONE = """
import sys
from pathlib import Path
from examples.demo.processes import Processes
try:
    with Processes(Path(sys.argv[1])) as processes:
        # Takes a moment to stop, as servers do.
        processes.start("slow", [sys.executable, "-c", sys.argv[2]], {})
        processes.watch()
except KeyboardInterrupt:
    pass
"""
STOPS_SLOWLY = """
import signal, sys, time
def stop(*_):
    time.sleep(2)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("started", flush=True)
time.sleep(60)
"""


def test_demo_leaves_no_process_behind_after_a_second_signal(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, str(tmp_path), STOPS_SLOWLY],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    log = tmp_path / "slow.log"
    ports.wait_until(
        lambda: log.exists() and "started" in log.read_text(), seconds=30, what="it starts"
    )
    (child,) = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
    demo.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    demo.send_signal(signal.SIGTERM)
    demo.send_signal(signal.SIGINT)
    demo.wait(20)
    assert not Path(f"/proc/{child}").exists()


def test_demo_starts_nothing_if_a_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        said = subprocess.run(
            [sys.executable, "-m", "examples.demo"],
            cwd=ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "INSTANCE": str(tmp_path / "instance"),
                "PORT": str(ports.free_port()),
                "REPORTING_PORT": str(port),
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert said.returncode == 1
    assert f"Port {port} of {ports.HOST} is in use." in said.stderr
    assert not (tmp_path / "instance").exists()
