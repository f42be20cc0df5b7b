"""Proof of a domain: a TXT record that only its owner can publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from identity.settings import host_and_port, settings
from identity.upstream.rules import TXT_NAME, TXT_PREFIX

if TYPE_CHECKING:
    from dns.resolver import Resolver

_SECONDS = 5.0


class NameServersFailed(OSError):
    """No name server answered, so that nothing is known about the record."""


def record_name(domain: str) -> str:
    """Return the name of the TXT record."""
    return f"{TXT_NAME}.{domain}"


def record_text(challenge: str) -> str:
    """Return the text of the TXT record."""
    return f"{TXT_PREFIX}{challenge}"


def is_published(domain: str, challenge: str) -> bool:
    """Return whether the domain publishes the record now. Raises NameServersFailed."""
    import dns.exception
    import dns.resolver

    wanted = record_text(challenge).encode()
    try:
        answer = _resolver().resolve(record_name(domain), "TXT", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
    except dns.exception.DNSException:
        raise NameServersFailed("no name server answered") from None
    return any(b"".join(row.strings) == wanted for row in answer)


def _resolver() -> Resolver:
    import dns.resolver
    from dns.nameserver import Do53Nameserver

    chosen = settings().dns_resolvers
    if not chosen:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [Do53Nameserver(*host_and_port(each)) for each in chosen]
    return resolver
