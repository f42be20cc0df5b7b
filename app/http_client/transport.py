"""Transport of httpx that connects to checked addresses and ends at a deadline.

The sockets are httpcore's, behind two of its extension points: a network backend resolves and
checks a name, and a network stream limits the time of all reads together.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, cast

import httpcore
import httpx

Resolve = Callable[[str, int], list[str]]
"""Returns the addresses of a host, or raises OSError where one of them is refused."""

FAILURES = (
    OSError,
    ValueError,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
)
"""Exceptions of a request that fails, with this transport."""


class CheckedTransport(httpx.BaseTransport):
    """Connections for one request, each to an address that `resolve` returned."""

    def __init__(self, *, resolve: Resolve, ssl_context: ssl.SSLContext, seconds: float) -> None:
        self._pool = httpcore.ConnectionPool(
            # httpcore changes the context for each connection (ALPN), which is not safe while
            # other threads connect with it. It gets one without authorities, which is not used.
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            network_backend=_Backend(resolve, ssl_context, seconds),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on a connection of its own."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(cast(_Stream, response.stream))
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _Stream(Protocol):
    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class _Body(httpx.SyncByteStream):
    """Body of a response, as httpx reads it."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        self._stream.close()


class _Backend(httpcore.NetworkBackend):
    """Connects to the first address that `resolve` returns."""

    def __init__(self, resolve: Resolve, ssl_context: ssl.SSLContext, seconds: float) -> None:
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._seconds = seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._resolve(host, port)[0]
        deadline = time.monotonic() + self._seconds
        stream = httpcore.SyncBackend().connect_tcp(
            address, port, _time_left(deadline, timeout), local_address, socket_options
        )
        return _TimedStream(stream, self._ssl_context, deadline)


class _TimedStream(httpcore.NetworkStream):
    """A connection on which each step may take the time that is left of the whole request.

    A timeout of httpx begins anew with each byte, so that a slow server could hold a thread.
    """

    def __init__(
        self, stream: httpcore.NetworkStream, ssl_context: ssl.SSLContext, deadline: float
    ) -> None:
        self._stream = stream
        self._ssl_context = ssl_context
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _time_left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _time_left(self._deadline, timeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002  # see CheckedTransport
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _time_left(self._deadline, timeout)
        stream = self._stream.start_tls(self._ssl_context, server_hostname, left)
        return _TimedStream(stream, self._ssl_context, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _time_left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time of the request is over")
    return left if timeout is None else min(left, timeout)
