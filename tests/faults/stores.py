"""Databases of the rig, which can be killed and started again: SQLite and a durable PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults import volumes
from tests.faults.network import Relay
from tests.servers import postgresql
from tests.servers.postgresql import PostgreSQL

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
STORES = (SQLITE, POSTGRESQL)
VOLUME_MEBIBYTES = 400
LOG_MEBIBYTES = 200
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "superuser_reserved_connections": "3",
    "wal_level": "replica",
    "max_wal_senders": "4",
}


@dataclass
class Store:
    """`url` is the rig's own way to the database, `served_url` the product's, through the relay.

    `folder` is the volume with the files of the database.
    """

    name: str
    url: str
    served_url: str
    folder: Path
    relay: Relay | None = None
    server: PostgreSQL | None = None

    @property
    def file(self) -> Path:
        """Path of the SQLite database."""
        return self.folder / "secure-access.sqlite3"


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Store]:
    """Yield an empty database of this kind, removed at the end."""
    if name == SQLITE:
        data = folder / "data"
        data.mkdir()
        url = f"sqlite:///{data / 'secure-access.sqlite3'}"
        with volumes.mounted(data, 96):
            yield Store(SQLITE, url, url, data)
        return
    with (
        tempfile.TemporaryDirectory(prefix="secure-access-volume-") as name,
        tempfile.TemporaryDirectory(prefix="secure-access-log-") as log_name,
        volumes.mounted(volume := Path(name), VOLUME_MEBIBYTES),
        volumes.mounted(log := Path(log_name), LOG_MEBIBYTES),
        postgresql.running(DURABLE, root=volume, log_folder=_empty(log)) as server,
    ):
        relay = Relay(server.port)
        url = server.create_database()
        served = url.replace(f":{server.port}/", f":{relay.port}/")
        yield Store(POSTGRESQL, url, served, volume, relay, server)


def _empty(volume: Path) -> Path:
    """Return a folder of the volume for PostgreSQL's write-ahead log."""
    volume.chmod(0o755)
    folder = volume / "pg_wal"
    folder.mkdir()
    return folder
