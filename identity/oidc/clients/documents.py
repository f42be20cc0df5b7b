"""Documents that a client keeps at an address of its own: its keys, its sector."""

from __future__ import annotations

from typing import Any

from app import outgoing
from app.foreign_json import read_json
from app.outgoing import NotReached


def fetched(address: str) -> Any:
    """The JSON behind the address. Raises NotReached, with one text for every cause (SS-05)."""
    answer = outgoing.call("GET", address, headers={"Accept": "application/json"})
    try:
        if answer.status != 200 or len(answer.body) >= outgoing.MOST_BYTES:
            raise ValueError(f"status {answer.status}, {len(answer.body)} bytes")
        return read_json(answer.body)
    except ValueError:
        raise NotReached from None
