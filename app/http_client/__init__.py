"""Outgoing requests: one client for addresses of relying parties and of the settings.

Requests to addresses of relying parties reach only the public internet and the networks that the
setting admits (OWASP, Server-Side Request Forgery). The imports of httpx stand inside functions:
most processes send no request.
"""

from app.http_client.addresses import why_address_refused
from app.http_client.client import MOST_BYTES, SECONDS, FetchedResponse, Unreachable, fetch

__all__ = [
    "MOST_BYTES",
    "SECONDS",
    "FetchedResponse",
    "Unreachable",
    "fetch",
    "why_address_refused",
]
