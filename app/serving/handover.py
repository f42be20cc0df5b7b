"""A reload: the server becomes its new version, and its workers are replaced without a gap.

The process of the server executes the program again, which keeps its id, the listening socket and
the shutdown pipe of its workers. The new program reads code and settings anew and starts workers of
its own. Once all of them have answered a request it closes the pipe, and the earlier workers finish
their requests and end.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from app.serving.listening import is_at, listen, stop_accepting
from app.settings import AppSettings

HANDOVER = "SECURE_ACCESS_HANDOVER"
"""Variable with which a server leaves its socket and workers to its successor, as JSON.

Two releases speak it with each other at an upgrade, and on the way back. Members are added, and
none is renamed or removed.
"""
PIPE, FORMER_PIPE = "pipe", "line"
"""Member with the descriptor of the shutdown pipe. Releases of November 2026 call it `line`."""
CHECK_SECONDS = 60
DRAIN_SECONDS = 2.0
"""Time for which a worker that ends keeps connections, so that their clients can send a request."""
FINISH_SECONDS, ORPHAN_SECONDS = 30.0, 3.0
"""Time in which a worker may finish its requests: replaced by others, and without a server."""

log = structlog.get_logger()


class ShutdownPipe:
    """A pipe whose closed end tells the workers to end; the death of the server closes it too."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._server = os.getpid()

    def watch(self, listening: socket.socket, stopping: threading.Event) -> None:
        """End this worker, in its process, once the pipe is closed.

        It then accepts no more connections, sets `stopping`, finishes its requests and ends.
        """
        os.close(self.write_end)
        arguments = [listening, stopping]
        threading.Thread(target=self._end_worker, args=arguments, daemon=True).start()

    def _end_worker(self, listening: socket.socket, stopping: threading.Event) -> None:
        os.read(self._read_end, 1)
        stop_accepting(listening)
        stopping.set()
        if os.getppid() == self._server:
            time.sleep(DRAIN_SECONDS)
            seconds = FINISH_SECONDS
        else:
            log.error("the server is gone: this worker ends")
            seconds = ORPHAN_SECONDS
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(seconds)
        os._exit(1)


@dataclass
class Predecessor:
    """The socket, the shutdown pipe and the workers of this process before the reload."""

    listening: socket.socket
    pipe: int
    workers: list[int]

    def end_workers(self) -> None:
        """Tell the earlier workers to end. Called again it does nothing."""
        self.listening.close()
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def reap_workers(self) -> None:
        """Reap the earlier workers that have ended (waitpid(2))."""
        for pid in list(self.workers):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    continue
            self.workers.remove(pid)


class UnknownHandoverError(Exception):
    """The running server hands over in a form that this version cannot read."""


def check_handover() -> None:
    """Raise UnknownHandoverError if this version cannot take over from the server that asks."""
    _handed_over()


def predecessor() -> Predecessor | None:
    """Return the server before the reload, once; None at a first start.

    Raises UnknownHandoverError.
    """
    given = _handed_over()
    if given is None:
        return None
    listening = socket.socket(fileno=given.socket)
    # Python supposes that it blocks, and a copy would make it so for the workers of both programs.
    listening.setblocking(False)
    # The next reload hands over its own: what it inherited besides would stay open unnoticed.
    for descriptor in (given.socket, given.pipe):
        os.set_inheritable(descriptor, False)
    return Predecessor(listening, given.pipe, given.workers)


class _Given(NamedTuple):
    socket: int
    pipe: int
    workers: list[int]


def _handed_over() -> _Given | None:
    """Take the handover out of the environment and read it."""
    handed = os.environ.pop(HANDOVER, None)
    if handed is None:
        return None
    try:
        given = json.loads(handed)
        pipe = given[PIPE] if PIPE in given else given[FORMER_PIPE]
        return _Given(int(given["socket"]), int(pipe), [int(pid) for pid in given["workers"]])
    except (ValueError, TypeError, KeyError) as error:
        raise UnknownHandoverError from error


def listening_socket(settings: AppSettings, before: Predecessor | None) -> socket.socket:
    """Return the predecessor's socket if the address is still the same, else a new one.

    A reload that cannot listen at its new address goes on at the earlier one.
    """
    if before is not None and is_at(before.listening, settings):
        return before.listening.dup()
    try:
        return listen(settings)
    except OSError as error:
        if before is None:
            raise
        log.error(
            "nothing can listen at the new address, and the server goes on at the earlier one",
            address=settings.bind,
            port=settings.port,
            reason=error.strerror,
        )
        return before.listening.dup()


def hand_over(listening: socket.socket, pipe: int, workers: Sequence[int]) -> None:
    """Execute the new version of the program in this process. Returns only if it cannot start."""
    # The script, and not this interpreter: its first line names the interpreter of its version.
    program = list(sys.argv)
    kept = {
        "socket": listening.fileno(),
        PIPE: pipe,
        FORMER_PIPE: pipe,
        "workers": list(workers),
    }
    environment = {**os.environ, HANDOVER: json.dumps(kept)}
    refusal = _why_it_cannot_start(program, environment)
    if refusal is not None:
        log.error("the reload is refused, and the server goes on as it was", reason=refusal)
        return
    log.warning("the server is reloaded")
    for descriptor in (listening.fileno(), pipe):
        os.set_inheritable(descriptor, True)
    # Until the new program handles it, a second reload would end the process.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execve(program[0], program, environment)  # noqa: S606  # this program


def _why_it_cannot_start(program: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Return the last line of what the new version says, None where it can start and take over."""
    try:
        subprocess.run(  # noqa: S603  # this program
            [*program, "--check"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=CHECK_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        said: list[str] = error.stderr.strip().splitlines()
        return said[-1] if said else f"status {error.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None
