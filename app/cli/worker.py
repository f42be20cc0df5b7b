"""`secure-access worker`: delivers what was promised and clears what has expired."""

import signal
import threading
from datetime import timedelta
from types import FrameType

import click
import structlog
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.database import db
from app.outbox.delivery import deliver_due
from app.purge import purge_expired

IDLE_SECONDS = 1.0
PURGE_EVERY = timedelta(hours=1)

log = structlog.get_logger()


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@with_appcontext
def worker_command(once: bool) -> None:
    """Deliver mail and clear expired rows, until stopped. What is in hand is finished first."""
    stop = threading.Event()

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    purged_at = None
    while True:
        try:
            delivered = deliver_due()
            if purged_at is None or now() - purged_at >= PURGE_EVERY:
                purge_expired()
                purged_at = now()
        except SQLAlchemyError as error:
            log.error("the database does not answer", error=type(error).__name__)
            delivered = 0
        finally:
            db.session.remove()
        if once or stop.is_set():
            return
        if not delivered:
            stop.wait(IDLE_SECONDS)
