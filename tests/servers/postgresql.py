"""A private PostgreSQL: its own cluster in a temporary folder, tuned to be quick, not durable.

    with postgresql.running() as server:
        url = server.create_database()
        copy = server.create_database(template=url)

Each process that asks gets a cluster of its own (about a second), so parallel workers never
meet. A template must have no open connections while it is copied: dispose its engine first.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.servers import binaries, memory, ports

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "64MB",
    "max_connections": "200",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class Account(NamedTuple):
    """Whom to run PostgreSQL as; None for ourselves."""

    user: int | None
    group: int | None
    groups: list[int] | None


@dataclass
class PostgreSQL:
    """A server; `url` is SQLAlchemy's address of its maintenance database.

    It can be killed and started again on the same data.
    """

    port: int
    password: str
    socket_folder: Path
    log: Path
    program: Path
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Its data directory."""
        return self.socket_folder / "data"

    @property
    def url(self) -> str:
        """The maintenance database, for creating and dropping others."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """SQLAlchemy's address of a database on this server, over loopback."""
        return f"postgresql+psycopg://postgres:{self.password}@{ports.HOST}:{self.port}/{database}"

    def create_database(self, *, template: str | None = None) -> str:
        """The address of a fresh database: empty, or a copy of the one at address `template`."""
        name = f"test_{secrets.token_hex(6)}"
        source = database_name(template) if template else "template0"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(source)
        )
        with self._connect() as connection:
            # Copying files is half as long as logging each page, the default since version 15.
            if connection.info.server_version >= 150000:
                statement += sql.SQL(" STRATEGY FILE_COPY")
            connection.execute(statement)
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Drop the database at this address, connections to it notwithstanding."""
        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(database_name(url))
            )
        )

    def execute(self, statement: sql.Composed) -> None:
        """Run one statement in the maintenance database."""
        with self._connect() as connection:
            connection.execute(statement)

    def number(self, query: sql.Composed) -> int:
        """The number that a query of the maintenance database returns."""
        with self._connect() as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def accepts_connections(self) -> bool:
        """Whether the server is up."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Start it and return when it accepts connections."""
        account = _account()
        settings = {
            **self.settings,
            "port": str(self.port),
            "listen_addresses": ports.HOST,
            "unix_socket_directories": str(self.socket_folder),
        }
        command = [*binaries.tied_to_parent("INT"), str(self.program), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            process = self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.data,
                start_new_session=True,
                user=account.user,
                group=account.group,
                extra_groups=account.groups,
            )
        ports.wait_until(
            lambda: process.poll() is not None or self.accepts_connections(),
            seconds=30,
            what=f"PostgreSQL on port {self.port}",
        )
        if process.returncode is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()}")

    @contextmanager
    def standby(self, name: str, root: Path) -> Iterator["PostgreSQL"]:
        """A standby that streams the changes of this server, stopped and removed at the end.

        `name` is its name in `synchronous_standby_names`. Its files lie below `root`.
        """
        account = _account()
        folder = Path(tempfile.mkdtemp(prefix="secure-access-standby-", dir=root))
        os.chown(folder, account.user or -1, account.group or -1)
        source = f"host={self.socket_folder} port={self.port} user=postgres application_name={name}"
        made = replace(
            self,
            port=ports.free_port(),
            socket_folder=folder,
            log=folder / "log",
            process=None,
        )
        try:
            _run_as(
                account,
                [
                    str(self.program.parent / "pg_basebackup"),
                    f"--dbname={source}",
                    f"--pgdata={made.data}",
                    "--write-recovery-conf",
                    "--checkpoint=fast",
                    "--no-sync",
                ],
            )
            made.start()
            yield made
        finally:
            made.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it: SIGQUIT ends it at once and without loss, SIGKILL as a crash does."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        self.process.wait(timeout=30)
        self.process = None

    def _connect(self) -> psycopg.Connection:
        # The socket lies in a folder that only its owner and root can enter: no password.
        return psycopg.connect(
            host=str(self.socket_folder),
            port=self.port,
            user="postgres",
            dbname="postgres",
            autocommit=True,
        )


def database_name(url: str) -> str:
    """The database that an address names."""
    return urlsplit(url).path.removeprefix("/")


@contextmanager
def running(
    changes: Mapping[str, str] | None = None,
    *,
    root: Path | None = None,
    log_folder: Path | None = None,
) -> Iterator[PostgreSQL]:
    """A PostgreSQL server of one's own, stopped and removed at the end.

    `changes` take the place of SETTINGS, for a durable server. Its files lie below `root`, and its
    write-ahead log in `log_folder`, an empty folder, where one is given.
    """
    programs = binaries.postgresql()
    account = _account()
    # A durable server writes to the disk that is measured.
    root = root or (None if changes else memory.temporary_root())
    folder = Path(tempfile.mkdtemp(prefix="secure-access-postgresql-", dir=root))
    try:
        server = PostgreSQL(
            port=ports.free_port(),
            password=secrets.token_hex(16),
            socket_folder=folder,
            log=folder / "log",
            program=programs / "postgres",
            settings={**SETTINGS, **(changes or {})},
        )
        password_file = folder / "password"
        password_file.write_text(server.password)
        for path in (folder, password_file, *([log_folder] if log_folder else [])):
            os.chown(path, account.user or -1, account.group or -1)
        _run_as(
            account,
            [
                str(programs / "initdb"),
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-instructions",
                "--no-sync",
                f"--pgdata={server.data}",
                f"--pwfile={password_file}",
                "--username=postgres",
                *([f"--waldir={log_folder}"] if log_folder else []),
            ],
        )
        try:
            server.start()
            yield server
        finally:
            # SIGQUIT ends it at once; nothing in it is worth a tidy shutdown.
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> Account:
    """PostgreSQL refuses to run as root: then a user without rights, else ourselves."""
    if os.geteuid() != 0:
        return Account(None, None, None)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, [])
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _run_as(account: Account, command: list[str]) -> None:
    run = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        user=account.user,
        group=account.group,
        extra_groups=account.groups,
    )
    if run.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{run.stdout}")
