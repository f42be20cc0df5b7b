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
        volumes.mounted(volume := Path(name), VOLUME_MEBIBYTES),
        postgresql.running(DURABLE, root=volume) as server,
    ):
        relay = Relay(server.port)
        url = server.create_database()
        served = url.replace(f":{server.port}/", f":{relay.port}/")
        yield Store(POSTGRESQL, url, served, volume, relay, server)
