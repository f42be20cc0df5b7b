"""Outgoing requests: one client for addresses of relying parties and of the settings.

Addresses of relying parties lead to the public internet alone, or to networks that the setting
admits (OWASP, Server-Side Request Forgery). The imports of httpx stand inside functions: most
processes send no request.
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
