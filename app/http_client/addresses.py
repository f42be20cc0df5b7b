"""Addresses to which a request may be sent."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from app.settings import settings
from app.special_networks import Address, embedded_addresses, is_public

_NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)", re.IGNORECASE)


def why_address_refused(url: str) -> str | None:
    """Return why no request can be sent to the address, without looking its name up, or None.

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
    number = as_number(host)
    if number is None and _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return "its host is a number in disguise"
    if number is not None and not is_admitted(number):
        return "its host is not on the public internet"
    if host == "localhost" and not is_admitted(ipaddress.ip_address("127.0.0.1")):
        return "its host is not on the public internet"
    if parts.scheme == "http" and number is None and host != "localhost":
        return "it is plain http"
    return None


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of the host, as text. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def look_up_admitted(host: str, port: int) -> list[str]:
    """Return the addresses of the host. Raises OSError unless each of them is admitted."""
    addresses = look_up(host, port)
    numbers = [as_number(address) for address in addresses]
    if not numbers or not all(number is not None and is_admitted(number) for number in numbers):
        raise OSError("resolves to an address that is not admitted")
    return addresses


def as_number(host: str) -> Address | None:
    """Return the host as an IP address, or None if it is a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def is_admitted(address: Address) -> bool:
    """Return whether the address is public, or in a network that the setting names.

    Where a network of translated addresses is named, the address behind is judged as well.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_admitted(address.ipv4_mapped)
    behind = embedded_addresses(address)
    named = any(address in network for network in settings().outbound_networks)
    return (named or is_public(address)) and (behind is None or is_admitted(behind))
