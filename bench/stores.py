"""The two databases that are measured, each with the settings of its own service."""

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from approvals.settings import Settings
from tests.servers import ports, postgresql

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "256MB",
    "max_connections": "50",
}
"""Settings that the tests turn off for speed and that a service needs."""

PROCESSOR_SETTINGS = {"cpu_affinity": "true", "batch_scheduling": "true"}
"""Off by default; the operators' guide says when to switch them on."""

SQLITE = "SQLite"
POSTGRESQL = "PostgreSQL"


@dataclass(frozen=True)
class Store:
    """A database, and the service that stands on it."""

    name: str
    url: str
    port: int
    secret_key: str
    encryption_key: str
    mail: Path
    pid: int | None
    """The database server's process, where there is one."""
    peer_database: str
    """The peer's own database of the same kind, as it takes the argument."""

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def settings(self) -> Settings:
        """Return settings for set-up work in this process."""
        return Settings(_env_file=None, **self._values())  # type: ignore[call-arg]  # of BaseSettings

    def environment(self) -> Mapping[str, str]:
        """Return the environment of commands.

        Production's settings, one worker, no shell variables.
        """
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SECURE_ACCESS_")
        }
        return own | {
            f"SECURE_ACCESS_{name.upper()}": value for name, value in self._values().items()
        }

    def _values(self) -> dict[str, Any]:
        return {
            "database_url": self.url,
            "issuer": self.issuer,
            "port": str(self.port),
            "workers": "1",
            **PROCESSOR_SETTINGS,
            "secret_key": self.secret_key,
            "encryption_keys": self.encryption_key,
            "mail_directory": str(self.mail),
            "outbound_networks": "127.0.0.0/8",
            # All people of a run come from one address.
            "anonymous_rows_per_minute": "100000",
            "anonymous_rows_per_hour": "1000000",
        }


@contextmanager
def opened(folder: Path) -> Iterator[list[Store]]:
    """Yield fresh databases in this folder and in an own PostgreSQL, deleted at the end."""
    with postgresql.running(DURABLE) as server:
        pid = int((server.socket_folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        yield [
            _store(
                SQLITE,
                f"sqlite:///{folder / 'secure-access.sqlite3'}",
                folder,
                None,
                str(folder / "peer.sqlite3"),
            ),
            _store(
                POSTGRESQL,
                server.create_database(),
                folder,
                pid,
                _plain_address(server.create_database()),
            ),
        ]


def postgresql_version(store: Store) -> str:
    """Return the version as the server states it, without the packager's addition."""
    with psycopg.connect(_plain(store)) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else ""


def settle(store: Store) -> None:
    """Run PostgreSQL's maintenance after so many new rows now, so that no sample pays for it."""
    if store.pid is not None:
        _maintain(_plain_address(store.url))


def settle_peer(store: Store) -> None:
    """Run the same maintenance on the peer's database."""
    if store.pid is not None:
        _maintain(store.peer_database)


def _maintain(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _plain(store: Store) -> str:
    """Return the address as PostgreSQL's own tools write it."""
    return _plain_address(store.url)


def _plain_address(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")


def _store(name: str, url: str, folder: Path, pid: int | None, peer_database: str) -> Store:
    return Store(
        name=name,
        url=url,
        port=ports.free_port(),
        secret_key=secrets.token_urlsafe(48),
        encryption_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        mail=folder / "mail",
        pid=pid,
        peer_database=peer_database,
    )
