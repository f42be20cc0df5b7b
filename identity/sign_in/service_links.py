"""Links of the relying service that a sign-in is for, as the provider knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from identity.sign_in.models import SignInJourney

_KEY = "identity.sign_in.service_links"


@dataclass(frozen=True)
class ServiceLink:
    """A link to a page of the service; the text names the service."""

    text: str
    address: str


def register(app: Flask, links: Callable[[str], Sequence[ServiceLink]]) -> None:
    """Make `links` the function that returns the links of a client by its id."""
    app.extensions[_KEY] = links


def links_of(journey: SignInJourney) -> Sequence[ServiceLink]:
    """Return the links of the service to which this journey leads, if any."""
    if journey.client_id is None:
        return ()
    found: Callable[[str], Sequence[ServiceLink]] = current_app.extensions[_KEY]
    return found(journey.client_id)
