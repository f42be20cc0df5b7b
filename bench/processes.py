"""Commands run to their end, and servers run beside, with what they cost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import binaries, ports

ROOT = Path(__file__).resolve().parents[1]
_AS_DEPLOYED = ROOT / ".venv" / "bench" / "bin"
INSTALLED = _AS_DEPLOYED if _AS_DEPLOYED.exists() else Path(sys.executable).parent
"""Command of the measured program, on the Python that `make bench` installs; else on this one."""
PROGRAM = INSTALLED / "secure-access"
GRANIAN = INSTALLED / "granian"
PYTHON = INSTALLED / "python"
START_SECONDS = 60
PROCESSORS = frozenset(os.sched_getaffinity(0))


class Failed(RuntimeError):
    """A command ended badly, or a server did not start; the text holds the end of its output."""


@dataclass(frozen=True)
class Run:
    """Resources of a command, from its start to its end."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Running:
    """A started server: its process, and the seconds until it answered."""

    pid: int
    ready_after: float


def run(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Run:
    """Run `secure-access` with these arguments. Raises Failed."""
    return _run([str(PROGRAM), *arguments], environment, log)


def cpu_seconds(command: Sequence[str], environment: Mapping[str, str], log: Path) -> float:
    """Return the processor time of a command from its start to its end. Raises Failed."""
    return _run(command, environment, log).cpu_seconds


def _run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Run:
    # The kernel gives a child's peak memory with its end (wait4(2)), so no peak is missed.
    started = time.monotonic()
    with log.open("ab") as output:
        process = _start(command, environment, output.fileno())
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode:
        name = " ".join([Path(command[0]).name, *command[1:3]])
        raise Failed(f"{name} failed:\n{_end_of(log)}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextmanager
def serving(
    command: Sequence[str],
    environment: Mapping[str, str],
    port: int,
    log: Path,
    *,
    seconds: float = START_SECONDS,
) -> Iterator[Running]:
    """Yield a server that is stopped at the end, with all that it started. Raises Failed.

    It has one processor, as a worker has where there is one for each.
    """
    started = time.monotonic()
    with log.open("ab") as output:
        process = _start(
            ["taskset", "--cpu-list", str(max(PROCESSORS)), *command], environment, output.fileno()
        )
    try:
        try:
            ports.wait_until(
                lambda: process.poll() is not None or ports.answers_http(port),
                seconds=seconds,
                what=f"{Path(command[0]).name} on port {port}",
            )
        except TimeoutError as error:
            raise Failed(f"{error}\n{_end_of(log)}") from None
        if process.returncode is not None:
            raise Failed(f"{Path(command[0]).name} ended:\n{_end_of(log)}")
        yield Running(process.pid, time.monotonic() - started)
    finally:
        _stop(process)


@contextmanager
def out_of_the_way() -> Iterator[None]:
    """Move this process off the servers' processor, if the machine has several."""
    os.sched_setaffinity(0, PROCESSORS - {max(PROCESSORS)} or PROCESSORS)
    try:
        yield
    finally:
        os.sched_setaffinity(0, PROCESSORS)


@contextmanager
def beside(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run a command until the block ends."""
    with log.open("ab") as output:
        process = _start(command, environment, output.fileno())
    try:
        yield
    finally:
        _stop(process)


def _start(
    command: Sequence[str], environment: Mapping[str, str], output: int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*binaries.tied_to_parent("TERM"), *command],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])
