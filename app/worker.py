"""The worker: delivers mails and notices, and clears rows that have expired.

A job or purge that hangs, or a thread that dies, ends the process.
A service manager starts it again.
"""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

import structlog
from flask import Flask

from app.clock import now
from app.composition import ExtensionPoint, Room
from app.database import database_errors, db
from app.database.deadline import waiting_as_a_worker
from app.database.requirements import reason
from app.metrics import Counted
from app.outbox import delivery, notify_statuses
from app.retention import purge_expired
from app.vault import Undecipherable
from app.watch import Watch, end_process

IDLE_SECONDS = 1.0
JOB_SECONDS, BUSY_SECONDS = 0.2, 0.05
"""Time between two passes through the jobs: with nothing under way, and with something."""
PURGE_EVERY = timedelta(hours=1)
WITHOUT_DATABASE_SECONDS, FAILED_SECONDS = 0.5, 30.0
"""Time until a job is tried again: after an error of the database, and after its own."""
PASS_SECONDS, PURGE_SECONDS = 60.0, 900.0
"""Limits of one pass of a job and of one purge, after which they count as hanging."""

log = structlog.get_logger()
PASSES = Counted("worker_passes", "Passes of the worker through its work", "work")


@dataclass(frozen=True)
class Job:
    """Work that the worker does several times a second, and that does not block.

    run: does what is due, and returns whether a part of it is still under way. finish: stores the
    results of what is under way and begins nothing more; for work that goes on between two calls.
    limit: the seconds after which a call counts as hanging.
    """

    name: str
    run: Callable[[], bool]
    finish: Callable[[], bool] = lambda: False
    limit: float = PASS_SECONDS


JOBS = ExtensionPoint[Job]("jobs of the worker", named=lambda job: job.name)
ROOM = Room(
    "app.worker",
    JOBS(
        Job("mails", delivery.deliver, delivery.finish),
        Job("statuses of mails", notify_statuses.check_due, notify_statuses.finish),
    ),
)
"""The outbox is below the worker and cannot add its jobs itself."""


def run(app: Flask, *, once: bool) -> None:
    """Deliver and delete what is due, until a signal ends the worker. Work in progress is finished.

    Must run inside the application's context. With `once`, stop after one pass.
    """
    stop = threading.Event()
    if once:
        stop.set()

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    watch = Watch()
    watch.start()
    jobs = threading.Thread(target=_do_jobs, args=[app, stop, watch], kwargs={"once": once})
    with waiting_as_a_worker():
        jobs.start()
        _purge_until_stopped(stop, jobs, watch)
        jobs.join()


def _purge_until_stopped(stop: threading.Event, jobs: threading.Thread, watch: Watch) -> None:
    """Purge every hour, and at least once."""
    purged_at = None
    while True:
        try:
            if purged_at is None or now() - purged_at >= PURGE_EVERY:
                with watch.over("purge", PURGE_SECONDS):
                    purge_expired()
                purged_at = now()
        except database_errors() as error:
            log.error("the database does not answer", error=reason(error))
        except Exception:
            # The mails go out nevertheless, and the purge is tried again an hour later.
            log.exception("the purge failed")
            purged_at = now()
        else:
            PASSES.count("purge")
        finally:
            db.session.remove()
        if stop.is_set():
            return
        if not jobs.is_alive():
            end_process("the thread of the jobs has ended: the process ends")
        stop.wait(IDLE_SECONDS)


def _do_jobs(app: Flask, stop: threading.Event, watch: Watch, *, once: bool) -> None:
    """Run the jobs beside the purge. None of them waits for a receiver, so none delays another.

    With `once`, until nothing is due. Otherwise until the worker is to stop, and then until what is
    under way has ended.
    """
    runner = _Runner(watch)
    with app.app_context():
        busy = True
        while not stop.is_set() or (once and busy):
            under_way = [runner.run(job, job.run) for job in JOBS.values()]
            busy = any(under_way)
            PASSES.count("jobs")
            if busy:
                time.sleep(BUSY_SECONDS)
            else:
                stop.wait(JOB_SECONDS)
        unfinished = JOBS.values()
        while unfinished := [job for job in unfinished if runner.run(job, job.finish)]:
            time.sleep(BUSY_SECONDS)


class _Runner:
    """Runs jobs. One that fails waits for a while: others go on, and the log stays short."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._waits_until: dict[str, float] = {}

    def run(self, job: Job, work: Callable[[], bool]) -> bool:
        """Return whether the work is still under way; False if it fails or waits."""
        if time.monotonic() < self._waits_until.get(job.name, 0.0):
            return False
        try:
            with self._watch.over(job.name, job.limit):
                return work()
        except database_errors() as error:
            log.error("the database does not answer", job=job.name, error=reason(error))
            wait = WITHOUT_DATABASE_SECONDS
        except Undecipherable as error:
            log.error("no encryption key opens a stored value", job=job.name, cause=str(error))
            wait = FAILED_SECONDS
        except Exception:
            log.exception("a job of the worker failed", job=job.name)
            wait = FAILED_SECONDS
        finally:
            db.session.remove()
        self._waits_until[job.name] = time.monotonic() + wait
        return False
