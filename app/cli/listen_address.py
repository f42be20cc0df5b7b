"""Check of the address to listen on."""

import errno
import socket


def why_occupied(address: str, port: int) -> str | None:
    """Return why nothing can listen there, in a sentence; None if it is free."""
    family, kind, protocol, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As servers do: connections that are being closed do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(where)
        except OSError as error:
            return why_not(error, address, port)
    return None


def why_not(error: OSError, address: str, port: int) -> str:
    """Return a sentence for an error of listening there."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {address} is in use."
    return f"Nothing can listen on port {port} of {address}: {error.strerror}."
