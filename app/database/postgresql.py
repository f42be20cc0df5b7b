"""Connections to PostgreSQL whose waits end.

`statement_timeout` is the server's, and does not help if the server or the network is silent.
"""

from __future__ import annotations

from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg.rows import TupleRow

from app.database.deadline import LEAST_SECONDS, time_left

CONNECT_SECONDS = 2
"""The least that libpq allows."""
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A server that has vanished is noticed within half a minute, by commands as well."""
_SILENT = "the database did not answer in time"
Value = TypeVar("Value")


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A connection that is closed if the server does not answer within the request's time."""

    def wait(self, gen: PQGen[Value], interval: float = 0.1, timeout: float | None = None) -> Value:
        """Wait for the server. Raises OperationalError."""
        try:
            return super().wait(gen, interval, time_left() if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(_SILENT) from None


def connect(*arguments: str, **parameters: str | int) -> BoundedConnection:
    """Open a connection. Raises OperationalError, at once if the request's time is over."""
    left = time_left()
    if left is not None:
        if left <= LEAST_SECONDS:
            raise psycopg.OperationalError(_SILENT)
        parameters["connect_timeout"] = CONNECT_SECONDS
    # Parameters of libpq and of psycopg, as SQLAlchemy has put them together.
    return BoundedConnection.connect(*arguments, **KEEPALIVE | parameters)  # type: ignore[arg-type]
