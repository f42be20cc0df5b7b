"""Databases of the rig, which can be killed and started again: SQLite and a durable PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.network import Relay
from tests.servers import postgresql
from tests.servers.postgresql import PostgreSQL

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
STORES = (SQLITE, POSTGRESQL)
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "superuser_reserved_connections": "3",
}


@dataclass
class Store:
    """`url` is the rig's own way to the database, `served_url` the product's, through the relay."""

    name: str
    url: str
    served_url: str
    folder: Path
    relay: Relay | None = None
    server: PostgreSQL | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

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
        try:
            yield Store(SQLITE, url, url, data)
        finally:
            shutil.rmtree(data, ignore_errors=True)
        return
    with postgresql.running(DURABLE) as server:
        relay = Relay(server.port)
        url = server.create_database()
        served = url.replace(f":{server.port}/", f":{relay.port}/")
        yield Store(POSTGRESQL, url, served, server.socket_folder, relay, server)
