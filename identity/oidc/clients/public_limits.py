"""A bound on the rows that public clients have stored: anybody can send requests in their name.

Counted by client and network, in each process for itself. People of one school share an address.
"""

from __future__ import annotations

from typing import cast

from flask import Flask

from app.context import extension
from app.web.client_address import client_network
from app.web.rate_counters import Allowance
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import TooManyOfPublicClient

PUSHED_IN_A_MINUTE, PUSHED_IN_AN_HOUR = 120, 2400
PROOFS_IN_A_MINUTE = 1200
_PUSHED, _PROOFS = "identity.oidc.pushed", "identity.oidc.proofs"


def install(app: Flask) -> None:
    """Add the limits of public clients to the application."""
    app.extensions[_PUSHED] = Allowance(PUSHED_IN_A_MINUTE, PUSHED_IN_AN_HOUR)
    app.extensions[_PROOFS] = Allowance(PROOFS_IN_A_MINUTE)


def admit_pushed_request(client: RelyingParty) -> None:
    """Count a pushed request, which is stored for an hour. Raises TooManyOfPublicClient."""
    _admit(client, _PUSHED)


def admit_proof(client: RelyingParty) -> None:
    """Count a DPoP proof, whose `jti` is stored for minutes. Raises TooManyOfPublicClient."""
    _admit(client, _PROOFS)


def _admit(client: RelyingParty, key: str) -> None:
    if client.confidential:
        return
    if not cast(Allowance, extension(key)).use(client.client_id, client_network()):
        raise TooManyOfPublicClient
