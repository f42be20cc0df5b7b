"""The product's processes, started as an operator starts them, and what they use."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.identity.oidc.served import PROGRAM
from tests.servers import binaries, ports
from wsgi import ROOT


@dataclass(frozen=True)
class Usage:
    """Resources of a process and all that it started."""

    processes: int
    memory_mib: float
    descriptors: int
    threads: int


@dataclass
class Program:
    """`secure-access` with these arguments. It can be killed and started again.

    `command` is the program itself, that of this checkout unless another is named.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    prefix: tuple[str, ...] = ()
    command: tuple[str, ...] = (PROGRAM,)
    folder: Path = ROOT
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and do not wait until it works."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*binaries.tied_to_parent("TERM"), *self.prefix, *self.command, *self.arguments],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def children(self) -> list[int]:
        """Return the processes that it started and that work: the workers of the server."""
        return children_of(self.pid)

    def send(self, how: signal.Signals) -> None:
        """Send a signal to the process itself."""
        if self.process is not None:
            self.process.send_signal(how)

    def stop(self, seconds: float = 40) -> int:
        """End it as a service manager does. Return its exit status, -9 if it had to be killed."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """Kill it and all its processes."""
        if self.process is None:
            return 0
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait(10)

    def usage(self) -> Usage:
        """Return what it and its processes use now."""
        pids = [self.pid, *self.children()]
        return Usage(
            processes=len(pids),
            memory_mib=sum(_status(pid, "VmRSS") for pid in pids) / 1024,
            descriptors=sum(_descriptors(pid) for pid in pids),
            threads=sum(_status(pid, "Threads") for pid in pids),
        )


def wait_for(program: Program, port: int, seconds: float = 60) -> None:
    """Wait until the program responds on the port. Raises RuntimeError if the program ends."""
    ports.wait_until(
        lambda: not program.is_running() or ports.answers_http(port),
        seconds=seconds,
        what=f"secure-access {program.arguments[0]} on port {port}",
    )
    if not program.is_running():
        raise RuntimeError(f"It ended:\n{program.log.read_text(errors='replace')[-4000:]}")


def children_of(pid: int) -> list[int]:
    """Return the processes that this one started, without the helper of `multiprocessing`."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(each) for each in (task / "children").read_text().split()]
    return [child for child in found if "resource_tracker" not in _command(child)]


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return "resource_tracker"


def _status(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


def _descriptors(pid: int) -> int:
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0
