"""Requests to other servers, with limits on time and size. Redirects and proxies are not used."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import structlog

from app.http_client.addresses import look_up, look_up_admitted, why_address_refused
from app.settings import settings

MOST_BYTES = 64 * 1024
SECONDS = 3.0
_HEADERS = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "secure-access"}

log = structlog.get_logger()


class Unreachable(OSError):
    """The request failed. One text for every cause, as an internal network is not to be probed."""

    def __init__(self) -> None:
        super().__init__("the address was not reached")


@dataclass(frozen=True)
class FetchedResponse:
    """Response of another server."""

    status: int
    body: bytes
    """The first `most_bytes` bytes as they were sent, without decompression."""


def fetch(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
    seconds: float = SECONDS,
    from_settings: bool = False,
) -> FetchedResponse:
    """Send a request and return the response, whatever its status. Raises Unreachable.

    The name is resolved once, each of its addresses must be admitted, and the connection goes to
    the address that was checked. After the look-up the request takes `seconds` at most.

    from_settings: the operators set the address, so that it may lead to any network.
    """
    import httpx

    from app.http_client.transport import FAILURES, CheckedTransport

    transport = CheckedTransport(
        resolve=look_up if from_settings else look_up_admitted,
        ssl_context=_trust(str(settings().outbound_ca_file or "")),
        seconds=seconds,
    )
    try:
        target = httpx.URL(url)
        # httpx reads addresses by its own rules: what it sends must pass as well.
        for address in () if from_settings else (url, str(target)):
            if (refusal := why_address_refused(address)) is not None:
                raise OSError(refusal)
        with (
            httpx.Client(
                transport=transport, headers=_HEADERS, timeout=seconds, trust_env=False
            ) as client,
            client.stream(method, target, content=body, headers=headers) as response,
        ):
            received = b""
            for chunk in response.iter_raw():
                received += chunk
                if len(received) >= most_bytes:
                    break
            return FetchedResponse(response.status_code, received[:most_bytes])
    except FAILURES as error:
        log.info("outgoing call failed", error=repr(error)[:200])
        raise Unreachable from None


@lru_cache(maxsize=2)
def _trust(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
