"""Unsafe values of settings: rules for `settings.py`, which refuses, and `serve`, which warns.

A setting is refused where no service that holds people's data could mean it. It is warned of where
a network that is closed to others could justify it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from app.settings import AppSettings

WIDEST_SHARE = 32
"""Networks that hold more than this part of all addresses of their family trust everybody."""
_VERIFYING = {"verify-ca", "verify-full"}
_PLAIN_REDIS = {"redis", "redis+sentinel", "redis+cluster"}


def is_loopback(host: str) -> bool:
    """Return whether only this machine answers under that name or address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def trust_everybody(networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Return whether the networks together hold a large share of all IPv4 or all IPv6 addresses."""
    named = list(networks)
    ipv4 = collapse_addresses([each for each in named if isinstance(each, IPv4Network)])
    ipv6 = collapse_addresses([each for each in named if isinstance(each, IPv6Network)])
    return (
        sum(each.num_addresses for each in ipv4) > 2**32 // WIDEST_SHARE
        or sum(each.num_addresses for each in ipv6) > 2**128 // WIDEST_SHARE
    )


def is_random_key(key: str) -> bool:
    """Return whether the key is 32 bytes in base64 that a random source may have made.

    32 random bytes are readable text once in 10^13 times, and never in steps of equal size.
    """
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return False
    steps = {(second - first) % 256 for first, second in pairwise(raw)}
    readable = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in raw)
    return len(raw) == 32 and len(set(raw)) >= 8 and len(steps) > 2 and not readable


def warnings(settings: AppSettings) -> list[str]:
    """Return a sentence for each setting that is safe only on a network closed to others."""
    found = []
    database = urlsplit(settings.database_url)
    mode = parse_qs(database.query).get("sslmode", [""])[0]
    if database.hostname and not is_loopback(database.hostname) and mode not in _VERIFYING:
        found.append(
            "SECURE_ACCESS_DATABASE_URL names another machine without sslmode=verify-full: who "
            "can reach the network between can read and change what is sent."
        )
    redis = urlsplit(settings.redis_url.get_secret_value()) if settings.redis_url else None
    if redis and redis.scheme in _PLAIN_REDIS and not is_loopback(redis.hostname or "localhost"):
        found.append(
            "SECURE_ACCESS_REDIS_URL names another machine without TLS (rediss://): who can reach "
            "the network between can change the request limits."
        )
    if settings.mail_directory is not None:
        found.append(
            f"SECURE_ACCESS_MAIL_DIRECTORY is set: no mail is sent, each is left in "
            f"{settings.mail_directory}."
        )
    if settings.outbound_networks:
        networks = ", ".join(map(str, settings.outbound_networks))
        found.append(
            f"SECURE_ACCESS_OUTBOUND_NETWORKS is set: addresses that services register may lead "
            f"into {networks}."
        )
    return found
