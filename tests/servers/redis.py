"""A private Redis, in memory only.

with redis.running() as server:
    client = Redis.from_url(server.url)
    server.stop()   # as when it fails midway
    server.start()  # empty, at the same address
"""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import binaries, ports


@dataclass
class Redis:
    """A Redis server that can be stopped and started again at the same address."""

    program: Path
    folder: Path
    port: int = field(default_factory=ports.free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"redis://{ports.HOST}:{self.port}/0"

    def start(self) -> None:
        """Start it and return when it answers."""
        log = self.folder / "log"
        with log.open("wb") as output:
            process = self._process = subprocess.Popen(
                [
                    *binaries.tied_to_parent("KILL"),
                    str(self.program),
                    *("--bind", ports.HOST),
                    *("--port", str(self.port)),
                    *("--save", ""),
                    *("--appendonly", "no"),
                    *("--dir", str(self.folder)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        ports.wait_until(
            lambda: process.poll() is not None or self.answers(),
            seconds=10,
            what=f"Redis on port {self.port}",
        )
        if process.returncode is not None:
            raise RuntimeError(f"Redis did not start:\n{log.read_text()}")

    def stop(self) -> None:
        """Stop it at once, losing what it holds."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            with socket.create_connection((ports.HOST, self.port), timeout=0.5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def running() -> Iterator[Redis]:
    """A Redis server of one's own, stopped and removed at the end."""
    program = binaries.redis()
    with tempfile.TemporaryDirectory(prefix="secure-access-redis-") as folder:
        server = Redis(program, Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
