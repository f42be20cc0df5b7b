"""The demo's processes: started together, stopped together."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType

import httpx

READY_WITHIN_SECONDS = 60
STOP_WITHIN_SECONDS = 10
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DidNotStart(RuntimeError):
    """A process ended, or did not answer in time. Its log says why."""


class Processes:
    """A context manager: whatever was started inside is stopped when it is left."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        self.logs.mkdir(parents=True, exist_ok=True)
        for number in _STOPPING:
            signal.signal(number, _leave)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for process in self.running.values():
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the process in a group of its own, so that its children end with it."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603  # commands of our own
                command,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait_until_ready(self, name: str, address: str) -> None:
        """Wait until the process answers. Raises DidNotStart."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not _answers(address):
            if self.running[name].poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(f"{name} did not start; see {self.logs / name}.log")
            time.sleep(0.1)

    def watch(self) -> None:
        """Wait until one process ends. Raises KeyboardInterrupt when the demo is to stop."""
        while all(process.poll() is None for process in self.running.values()):
            time.sleep(0.5)


def _answers(address: str) -> bool:
    try:
        httpx.get(address, timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Leave once: a second signal, as make passes it on, must not interrupt the stopping."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
