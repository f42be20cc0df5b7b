"""Networks that are no part of the public internet, by the registries of the IANA.

Sources: "IANA IPv4 Special-Purpose Address Registry" and "IANA IPv6 Special-Purpose Address
Registry" (RFC 6890 and its updates), both whole, also the few networks in them that are globally
reachable: these are for measurements, relays and anycast, and no service answers there.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

IPV4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The assigned part of IPv6 (RFC 4291, section 2.4); the rest is special or reserved."""
IPV6 = [
    IPv6Network(text)
    for text in (
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
]  # fmt: skip
NAT64 = IPv6Network("64:ff9b::/96")


@lru_cache(maxsize=1024)
def is_public(address: Address) -> bool:
    """Return whether the address belongs to the public internet.

    An IPv4-mapped address is the IPv4 address. Other addresses that carry one lead through a relay
    or a translator, and are not public.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in IPV4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    return address in GLOBAL_UNICAST and not any(address in network for network in IPV6)


def embedded_addresses(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to (NAT64, 6to4, Teredo), if any."""
    if not isinstance(address, IPv6Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.sixtofour or (teredo[1] if teredo else None)
