"""Addresses that a client may register, and how they are matched: exactly (RFC 9700, 2.1).

Native applications may have a scheme of their own, and any port of a loopback address (RFC 8252,
7.1 and 7.3).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

LONGEST = 2000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:[!-\"$-~]{1,1900}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_NEVER = re.compile(r"[\\\"<>^`{|}*]")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_OWN_SCHEME = re.compile(
    r"([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+):/(?:/[a-z0-9][a-z0-9.-]*(?=[/?]|$)|(?!/)).*"
)
_LOOPBACK_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?((?:[/?].*)?)")
_DOT_SEGMENT = re.compile(r"(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def why_refused(address: str, *, native: bool = False) -> str | None:
    """Return why the address cannot be registered as a redirect URI (AZ-05, AZ-06), or None.

    https with a host, or http on the loopback; no user name, wildcard, fragment or dot segment.
    For a native application also a scheme of its own that has a dot in it (RFC 8252, 7.1).
    """
    if len(address) > LONGEST or not _VISIBLE.fullmatch(address) or _NEVER.search(address):
        return "it contains characters that an address cannot have, or is too long"
    if "#" in address:
        return "it has a fragment"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read"
    if native and own_scheme(address):
        return "its path has . or .. in it" if _DOT_SEGMENT.search(parts.path) else None
    if parts.scheme not in {"http", "https"}:
        return (
            "its scheme is not https and not one of your own, such as com.example.app:/callback"
            if native
            else "its scheme is not https"
        )
    if not address.startswith(f"{parts.scheme}://") or "@" in parts.netloc:
        return "it has a user name or is not of the form https://host/path"
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if not _HOST.fullmatch(host) or ".." in host or port == 0:
        return "its host cannot be read, or is not in lower case"
    if parts.scheme == "http" and host not in LOOPBACK:
        return "it is plain http and not on the loopback"
    if _DOT_SEGMENT.search(parts.path):
        return "its path has . or .. in it"
    return None


def why_resource_refused(address: str) -> str | None:
    """Return why the address cannot name a resource (RFC 8707, 2: absolute, without a fragment)."""
    if address.startswith("urn:"):
        return None if _URN.fullmatch(address) else "it is no URN"
    return why_refused(address)


def own_scheme(address: str) -> str | None:
    """Return the scheme of an address that a native application registered with the system."""
    found = _OWN_SCHEME.fullmatch(address)
    return found[1] if found is not None else None


def matches(registered: Collection[str], address: str, *, native: bool) -> bool:
    """Return whether the address is one of the registered ones, character by character.

    For a native application the port of http://127.0.0.1 and http://[::1] may be any.
    """
    if address in registered:
        return True
    wanted = _without_port(address) if native else None
    return wanted is not None and wanted in map(_without_port, registered)


def _without_port(address: str) -> tuple[str, str] | None:
    """Return host and rest of an address on the loopback; None for all others."""
    found = _LOOPBACK_PORT.fullmatch(address)
    if found is None or int(found[2] or 1) > 65535:
        return None
    return found[1], found[3]


def with_parameters(address: str, parameters: dict[str, str]) -> str:
    """Return the address with parameters added to its query, which stays as registered."""
    scheme, netloc, path, query, _ = urlsplit(address)
    added = urlencode(parameters, quote_via=quote, safe="")
    return urlunsplit((scheme, netloc, path, f"{query}&{added}" if query else added, ""))


def origin(address: str) -> str:
    """Return scheme, host and port of an address, as a browser sends them in `Origin`."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
