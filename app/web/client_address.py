"""Facts of the present request: its id, and the network it came from."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from flask import Flask, Response, g

from app.context import request_values
from app.identifiers import new_id
from app.settings import settings
from app.web.http import Request, current_request

Address = IPv4Address | IPv6Address


def install(app: Flask) -> None:
    """Give every request an id and the response its header."""
    app.before_request(assign_request_id)
    app.after_request(add_request_id)


def client_address(request: Request) -> Address:
    """Return the caller's address; behind trusted proxies, the one that the last of them saw.

    `X-Forwarded-For` is read from its right end for as long as the hop that wrote it is trusted. A
    value that cannot be parsed ends the reading: the address is then that of the nearest known hop.
    """
    address = _parse_address(request.address) or ip_address("0.0.0.0")  # noqa: S104
    hops = (request.header("X-Forwarded-For") or "").split(",")
    while _is_trusted(address) and hops:
        earlier = _parse_address(hops.pop())
        if earlier is None:
            break
        address = earlier
    return address


def through_trusted_proxy(request: Request) -> bool:
    """Return whether the request comes straight from a proxy whose headers are believed."""
    address = _parse_address(request.address)
    return address is not None and _is_trusted(address)


def network_of(request: Request) -> str:
    """Return the network that limits count by: the IPv4 address, or the /64 of an IPv6 one."""
    return _network(client_address(request))


def client_network() -> str:
    """Return the network of the present request."""
    return network_of(current_request())


@lru_cache(maxsize=4096)
def _network(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(ip_network(address))


@lru_cache(maxsize=4096)
def _parse_address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings().trusted_proxies)


def assign_request_id() -> None:
    """Give the request an id, which its log lines, audit rows and response share."""
    request_values().request_id = new_id()


def add_request_id(response: Response) -> Response:
    """Add the request's id to the response."""
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
    return response
