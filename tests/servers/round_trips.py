"""A relay before PostgreSQL that counts the round trips of its clients.

    with round_trips.counted(port) as relay:
        …  # connect to relay.port
        relay.count

A round trip is a message, or several sent together, that follows something which the server sent.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.servers.ports import HOST

CHUNK = 65_536


class Relay:
    """Forwards connections to the server's port. `count` is the number of round trips so far."""

    def __init__(self, server_port: int) -> None:
        self.count = 0
        self._server_port = server_port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((HOST, self._server_port))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        answered = True
        with client, server, suppress(OSError):
            while True:
                readable, _, _ = select.select([client, server], [], [])
                for end in readable:
                    data = end.recv(CHUNK)
                    if not data:
                        return
                    if end is client:
                        self.count += answered
                    answered = end is server
                    (server if end is client else client).sendall(data)


@contextmanager
def counted(server_port: int) -> Iterator[Relay]:
    """Yield a relay to the server at this port of the loopback."""
    relay = Relay(server_port)
    try:
        yield relay
    finally:
        relay.close()
