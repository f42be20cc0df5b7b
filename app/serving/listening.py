"""The socket on which the server listens.

All workers accept from one queue, which the server keeps open. A worker that dies, hangs or is
replaced takes no connection with it that no worker has accepted yet.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from app.serving import limits
from app.settings import AppSettings

_DESCRIPTORS = Path("/proc/self/fd")
QUEUE = 1024
"""Connections that wait to be accepted."""


def listen(settings: AppSettings) -> socket.socket:
    """Open the socket. Raises OSError where nothing can listen there."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.bind, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Passes to each connection: the kernel ends those whose clients read nothing.
            listening.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limits.RESPONSE_SECONDS * 1000
            )
        # Several workers see each connection, and those that come too late must not wait for more.
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(QUEUE)
    except BaseException:
        listening.close()
        raise
    return listening


def stop_accepting(listening: socket.socket) -> None:
    """Accept no more connections in this process; other processes go on accepting.

    Each descriptor of the socket, the server library's own among them, is replaced by one of
    another socket, to which no client connects. Does nothing on systems without `/proc`.
    """
    if not _DESCRIPTORS.is_dir():
        return
    address = listening.getsockname()
    with socket.create_server(("127.0.0.1", 0), backlog=1) as replacement:
        replacement.setblocking(False)
        for entry in _DESCRIPTORS.iterdir():
            with suppress(OSError):
                if _is_listening_at(entry, address):
                    os.dup2(replacement.fileno(), int(entry.name))


def _is_listening_at(entry: Path, address: object) -> bool:
    """Return whether a descriptor of this process is a socket that listens at the address."""
    # Sockets alone are opened: closing a second descriptor of an SQLite file drops its locks.
    if not str(entry.readlink()).startswith("socket:"):
        return False
    with socket.socket(fileno=os.dup(int(entry.name))) as candidate:
        is_listening = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return bool(is_listening) and candidate.getsockname() == address


def is_at(listening: socket.socket, settings: AppSettings) -> bool:
    """Return whether the socket listens at the address and port of the settings."""
    found = socket.getaddrinfo(
        settings.bind, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return bool(listening.getsockname() == found[0][4])
