"""Calls to addresses that others gave us: never to inside, never for long (OWASP, SSRF).

The name is resolved once, every address that it has must be public (or in a network that the
setting admits), and the connection goes to the very address that was checked. No redirect is
followed, no proxy asked, nothing decompressed; size and time have an end.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import structlog

from app.database import flush_group
from app.settings import settings
from app.special_networks import Address, embedded_addresses, is_public

MOST_BYTES = 64 * 1024
SECONDS = 3.0
_NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)", re.IGNORECASE)

log = structlog.get_logger()


class Unreachable(OSError):
    """One text for every cause: what is behind an address is nobody's business (SS-05)."""

    def __init__(self) -> None:
        super().__init__("the address was not reached")


@dataclass(frozen=True)
class FetchedResponse:
    """Response of another server."""

    status: int
    body: bytes
    """At most what was asked for; the rest was not read."""


def why_address_refused(url: str) -> str | None:
    """Return why the address can never be called, as far as it tells itself; None where it may be.

    https with a host, port 443 or from 1024 on; plain http only on a network that the setting
    admits, where the host is a number or `localhost`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read"
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc or parts.fragment:
        return "it is not of the form https://host/path"
    if port is not None and port != 443 and port < 1024:
        return "its port is none of a web service"
    number = _as_number(host)
    if number is None and _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return "its host is a number in disguise"
    if number is not None and not _is_admitted(number):
        return "its host is not on the public internet"
    if host == "localhost" and not _is_admitted(ipaddress.ip_address("127.0.0.1")):
        return "its host is not on the public internet"
    if parts.scheme == "http" and number is None and host != "localhost":
        return "it is plain http"
    return None


def fetch(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
    seconds: float = SECONDS,
) -> FetchedResponse:
    """Send a request and return the response, whatever its status. Raises NotReached."""
    # However long it takes: nobody waits to write meanwhile.
    flush_group()
    try:
        if (refusal := why_address_refused(url)) is not None:
            raise OSError(refusal)
        parts = urlsplit(url)
        with _connect(parts, seconds) as connection:
            # Cuts off who sends a byte now and then: timeouts begin anew with each.
            over = threading.Event()
            watchdog = threading.Timer(seconds, _shut, [connection, over])
            watchdog.daemon = True
            watchdog.start()
            try:
                answer = _send(connection, parts, method, body, headers or {}, most_bytes)
            finally:
                watchdog.cancel()
            if over.is_set():
                raise TimeoutError("cut off")
            return answer
    except (OSError, http.client.HTTPException, ValueError) as error:
        log.info("outgoing call failed", error=repr(error)[:200])
        raise Unreachable from None


def _send(
    connection: socket.socket,
    parts: SplitResult,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
    most_bytes: int,
) -> FetchedResponse:
    conversation = http.client.HTTPConnection(parts.netloc)
    conversation.sock = connection
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    plain = {"Accept-Encoding": "identity", "User-Agent": "secure-access", "Connection": "close"}
    conversation.request(method, target, body=body, headers={**plain, **headers})
    response = conversation.getresponse()
    return FetchedResponse(response.status, response.read(most_bytes))


def _connect(parts: SplitResult, seconds: float) -> socket.socket:
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    numbers = {_as_number(str(entry[4][0])) for entry in found}
    if not numbers or not all(number is not None and _is_admitted(number) for number in numbers):
        raise OSError("resolves to an address that is not admitted")
    connection = socket.create_connection((str(found[0][4][0]), port), timeout=seconds)
    if parts.scheme == "http":
        return connection
    try:
        return _trust(str(settings().outbound_ca_file or "")).wrap_socket(
            connection, server_hostname=host
        )
    except BaseException:
        connection.close()
        raise


def _as_number(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_admitted(address: Address) -> bool:
    """Return whether the address is public, or in a network that the setting names.

    Where a network of translated addresses is named, the address behind is judged as well.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return _is_admitted(address.ipv4_mapped)
    behind = embedded_addresses(address)
    named = any(address in network for network in settings().outbound_networks)
    return (named or is_public(address)) and (behind is None or _is_admitted(behind))


def _shut(connection: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=2)
def _trust(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
