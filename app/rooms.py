"""The rooms of this floor that add something to an application, lowest first."""

from app import after_restore, logs, worker
from app.composition import Room
from app.database import engine
from app.health.room import ROOM as HEALTH
from app.metrics.room import ROOM as METRICS
from app.outbox.room import ROOM as OUTBOX
from app.web.room import ROOM as WEB

ROOMS = (
    Room("app.logs", logs.configure),
    METRICS,
    Room("app.database", engine.bind),
    WEB,
    after_restore.ROOM,
    OUTBOX,
    HEALTH,
    worker.ROOM,
)
