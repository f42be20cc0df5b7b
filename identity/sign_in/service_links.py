"""Links of the relying service that a sign-in is for, as the provider knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.composition import ExtensionPoint
from identity.sign_in.models import JourneySnapshot


@dataclass(frozen=True)
class ServiceLink:
    """A link to a page of the service; the text names the service."""

    text: str
    address: str


SERVICE_LINKS = ExtensionPoint[Callable[[str], Sequence[ServiceLink]]]("links of services")
"""Functions that return the links of a client by its id."""


def links_of(journey: JourneySnapshot) -> Sequence[ServiceLink]:
    """Return the links of the service to which this journey leads, if any."""
    if journey.client_id is None:
        return ()
    client_id = journey.client_id
    return [link for find in SERVICE_LINKS.values() for link in find(client_id)]
