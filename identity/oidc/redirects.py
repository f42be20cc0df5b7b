"""Addresses that a client may register, and how they are matched: exactly (RFC 9700, 2.1)."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

LONGEST = 2000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:[!-\"$-~]{1,1900}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_NEVER = re.compile(r"[\\\"<>^`{|}*]")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_DOT_SEGMENT = re.compile(r"(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def why_refused(address: str) -> str | None:
    """Why the address cannot be registered as a redirect URI, or None where it can (AZ-05, AZ-06).

    https with a host, or http on the loopback; no user name, wildcard, fragment or dot segment.
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
    if parts.scheme not in {"http", "https"}:
        return "its scheme is not https"
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
    """Why the address cannot name a resource (RFC 8707, 2: absolute, without a fragment)."""
    if address.startswith("urn:"):
        return None if _URN.fullmatch(address) else "it is no URN"
    return why_refused(address)


def with_parameters(address: str, parameters: dict[str, str]) -> str:
    """The address with parameters added to its query, which stays as it is registered."""
    scheme, netloc, path, query, _ = urlsplit(address)
    added = urlencode(parameters, quote_via=quote, safe="")
    return urlunsplit((scheme, netloc, path, f"{query}&{added}" if query else added, ""))


def origin(address: str) -> str:
    """Scheme, host and port of an address, as a browser sends them in `Origin`."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
