"""Documents that a client keeps at an address of its own: its keys, its sector."""

from __future__ import annotations

from app import http_client
from app.http_client import Unreachable
from app.strict_json import read_json


def fetched(address: str) -> object:
    """Return the JSON at the address. Raises Unreachable, with one text for every cause (SS-05)."""
    answer = http_client.fetch("GET", address, headers={"Accept": "application/json"})
    try:
        if answer.status != 200 or len(answer.body) >= http_client.MOST_BYTES:
            raise ValueError(f"status {answer.status}, {len(answer.body)} bytes")
        return read_json(answer.body)
    except ValueError:
        raise Unreachable from None
