"""The worker: delivers mail and notices, and clears rows that have expired."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.composition import ExtensionPoint
from app.database import db
from app.database.requirements import reason
from app.metrics import Counted
from app.outbox.delivery import MAILS
from app.retention import purge_expired

IDLE_SECONDS = 1.0
JOB_SECONDS = 0.2
PURGE_EVERY = timedelta(hours=1)

log = structlog.get_logger()
PASSES = Counted("worker_passes", "Passes of the worker through its work", "work")


JOBS = ExtensionPoint[Callable[[], bool]]("jobs of the worker")
"""Work that the worker does several times a second, and that does not block.

It returns whether a part of it is still under way.
"""


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
    jobs = threading.Thread(target=_do_jobs, args=[app, stop])
    jobs.start()
    purged_at = None
    while True:
        try:
            delivered = MAILS.deliver_due()
            if purged_at is None or now() - purged_at >= PURGE_EVERY:
                purge_expired()
                purged_at = now()
        except SQLAlchemyError as error:
            log.error("the database does not answer", error=reason(error))
            delivered = 0
        else:
            PASSES.count("mails")
        finally:
            db.session.remove()
        if stop.is_set():
            jobs.join()
            return
        if not delivered:
            stop.wait(IDLE_SECONDS)


def _do_jobs(app: Flask, stop: threading.Event) -> None:
    """Run the jobs beside the mails, so that a hanging mail server delays no notice."""
    with app.app_context():
        busy = True
        while busy or not stop.is_set():
            try:
                under_way = [work() for work in JOBS.values()]
                busy = any(under_way)
                PASSES.count("jobs")
            except SQLAlchemyError as error:
                log.error("the database does not answer", error=reason(error))
                busy = False
            except Exception:
                # A job that fails must not end the others.
                log.exception("work failed")
                busy = False
            finally:
                db.session.remove()
            if busy or not stop.is_set():
                time.sleep(JOB_SECONDS)
