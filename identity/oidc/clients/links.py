"""Links that a client registered for people to read before they sign in."""

from __future__ import annotations

from identity.oidc.clients import store
from identity.sign_in.service_links import ServiceLink


def links_for_people(client_id: str) -> list[ServiceLink]:
    """Return privacy policy and terms of use of the client, as far as it registered them."""
    client = store.find(client_id)
    if client is None:
        return []
    pages = (("Privacy policy", client.policy_uri), ("Terms of use", client.tos_uri))
    return [
        ServiceLink(f"{title} of {client.name}", address) for title, address in pages if address
    ]
