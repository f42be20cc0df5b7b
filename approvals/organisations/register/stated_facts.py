"""Statements of register files about one subject, as they are stored (JSON)."""

from __future__ import annotations

import json
from typing import TypedDict, cast


class StatedFacts(TypedDict, total=False):
    """Facts that a file states. A missing key says nothing; "" says that there is none.

    Days are texts in ISO 8601. `damaged_name` takes the place of `name` where the file was decoded
    wrongly before it came here. A school's trust is a UID; `next_trust` is UID and Joined Date of
    the trust that it joins later; `other_groups` are pairs like it.
    """

    name: str
    damaged_name: str
    type_code: str
    status_code: str
    opened_on: str
    closed_on: str
    la_code: str
    diocese_code: str
    trust: str
    joined_on: str
    next_trust: list[str]
    other_groups: list[list[str]]
    phase_code: str
    low_age: int
    high_age: int
    ukprn: str
    establishment_number: str
    group_id: str
    companies_house_number: str
    region_code: str
    address: str
    town: str
    postcode: str
    established_on: str


def read_facts(text: str) -> StatedFacts:
    """Return the facts of a stored statement. `row.canonical` writes them."""
    return cast(StatedFacts, json.loads(text))
