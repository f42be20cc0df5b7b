"""Supervision of worker processes: a dead or hanging worker is replaced, an orphan ends itself.

Granian ends the server with its healthy workers if a replacement dies within 5.5 seconds, and does
not notice a worker that hangs. Here each worker reports once a second that it has answered a
request, and the server replaces workers one by one, however often they die.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any

import structlog
from flask import Flask
from granian._granian import SocketHolder
from granian.server.mp import MPServer

from app.serving.handover import Predecessor, ShutdownPipe, hand_over
from app.serving.kept_paths import KEPT_PATHS
from app.serving.listening import QUEUE
from app.settings import AppSettings
from app.web.http import Headers
from app.web.request_metrics import OWN

HANGING_SECONDS = 10.0
"""Time without a report after which a worker is killed."""
START_SECONDS = 60.0
"""The same for a worker that has not reported yet: it is loading the application."""
REPORT_SECONDS = 1.0
OK = "200 OK"
CHECK_SECONDS = 0.25
SHORT_LIFE = 10.0
FIRST_DELAY, LONGEST_DELAY = 0.25, 5.0

log = structlog.get_logger()
Load = Callable[[int], Any]
"""Makes the application of the worker with this number, from 0."""


@dataclass
class Slot:
    """Observations of one worker, whose successors take the same place."""

    report: float = 0.0
    silent: float = 0.0
    short_lives: int = 0
    started_at: float = field(default_factory=time.monotonic)

    def observe(self, report: float, elapsed: float) -> None:
        """Note the worker's last report, `elapsed` seconds after the previous observation.

        A pause of the server itself, such as a frozen machine, counts as one second.
        """
        self.silent = 0.0 if report != self.report else self.silent + min(elapsed, 1.0)
        self.report = report

    @property
    def hangs(self) -> bool:
        return self.silent >= (HANGING_SECONDS if self.report else START_SECONDS)

    def delay(self) -> float:
        """Return the time from a worker's death to its successor's start, longer after each."""
        if not self.short_lives:
            return 0.0
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self.short_lives - 1, 10))

    def replaced(self, *, lived: float) -> None:
        """Note the start of a successor."""
        self.short_lives = self.short_lives + 1 if lived < SHORT_LIFE else 0
        self.report = self.silent = 0.0
        self.started_at = time.monotonic()


class SupervisedServer(MPServer):
    """Granian's server with a supervision of its own."""

    def __init__(
        self,
        *arguments: Any,
        listening: socket.socket,
        before: Predecessor | None,
        **keywords: Any,
    ) -> None:
        super().__init__(*arguments, **keywords)
        self._listening = listening
        self._before = before
        self._pipe = ShutdownPipe()
        self._slots = [Slot() for _ in range(self.workers)]
        self.reports = multiprocessing.Array("d", self.workers, lock=False)
        """Time of each worker's last report, in shared memory."""

    def begin_worker(self, stopping: threading.Event) -> None:
        """End this worker, in its process, with the server; `stopping` is set before that."""
        if self._before is not None:
            # The worker has inherited the earlier pipe, and would keep it open.
            self._before.end_workers()
        self._pipe.watch(self._listening, stopping)

    def _init_shared_socket(self) -> None:
        # The library opens a socket for each worker, whose queue would end with the worker.
        self._sso = self._listening
        descriptor = os.dup(self._listening.fileno())
        self._shd = SocketHolder(descriptor, False, QUEUE)  # type: ignore[call-arg, assignment]  # stubs lack it
        self._ssp = None

    def _spawn_worker(  # type: ignore[override]  # as the library itself overrides it
        self, idx: int, target: Any, callback_loader: Load
    ) -> Any:
        self.reports[idx] = 0.0
        return super()._spawn_worker(idx, target, partial(callback_loader, idx))

    def _serve_loop(self, spawn_target: Any, target_loader: Load) -> None:
        died_at: dict[int, float] = {}
        checked_at = time.monotonic()
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(CHECK_SECONDS)
            self.main_loop_interrupt.clear()
            self.interrupt_children.clear()
            if self.reload_signal and not self.interrupt_signal:
                self.reload_signal = False
                workers = [worker.inner.pid for worker in self.wrks]
                workers += self._before.workers if self._before is not None else []
                hand_over(self._listening, self._pipe.write_end, workers)
            if self._before is not None:
                self._replace_predecessor(self._before)
            present = time.monotonic()
            elapsed, checked_at = present - checked_at, present
            for number, slot in enumerate(self._slots):
                if self.wrks[number].inner.is_alive():
                    self._kill_if_hanging(number, slot, elapsed)
                elif not self.interrupt_signal:
                    died = died_at.setdefault(number, present)
                    if present >= died + slot.delay():
                        del died_at[number]
                        self._replace(number, slot, died, spawn_target, target_loader)
        self.interrupt_children.clear()

    def _replace_predecessor(self, before: Predecessor) -> None:
        if all(self.reports):
            before.end_workers()
        before.reap_workers()
        if not before.workers:
            self._before = None

    def _kill_if_hanging(self, number: int, slot: Slot, elapsed: float) -> None:
        slot.observe(self.reports[number], elapsed)
        if slot.hangs:
            log.error("a worker answers nothing and is replaced", worker=number + 1)
            self.wrks[number].inner.kill()

    def _replace(
        self, number: int, slot: Slot, died_at: float, spawn_target: Any, target_loader: Load
    ) -> None:
        slot.replaced(lived=died_at - slot.started_at)
        log.error("a worker died and is replaced", worker=number + 1, deaths=slot.short_lives)
        self._respawn_workers([number], spawn_target, target_loader)


def report_health(
    application: Flask, settings: AppSettings, reports: MutableSequence[float], number: int
) -> None:
    """Let this worker report that it answers requests."""
    arguments = [application, settings, reports, number]
    threading.Thread(target=_report, args=arguments, daemon=True).start()


def _report(
    application: Flask, settings: AppSettings, reports: MutableSequence[float], number: int
) -> None:
    """Ask the application for its health again and again, on the path that requests take.

    Before its first report the worker asks for what it keeps. Without a database it asks again.
    """
    with application.app_context():
        missing = set(KEPT_PATHS.values())
    while True:
        missing -= {path for path in missing if _ask(application, settings, path) == OK}
        _ask(application, settings, "/healthz")
        reports[number] = time.monotonic()
        time.sleep(REPORT_SECONDS)


def _ask(application: Flask, settings: AppSettings, path: str) -> str:
    """Return the status of the response, such as `200 OK`."""
    statuses = []

    def start(status: str, _headers: Headers, _error: object = None, /) -> Callable[[bytes], None]:
        statuses.append(status)
        return lambda _body: None

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(settings.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": settings.host,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        OWN: True,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    b"".join(application(environ, start))
    return statuses[0]
