"""A bound on the rows that public clients have stored: anybody can send requests in their name.

Counted by client and network, in each process for itself. People of one school share an address.
"""

from __future__ import annotations

from app.context import PerApplication
from app.web.client_address import network_of
from app.web.http import Request
from app.web.rate_counters import Allowance
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import TooManyOfPublicClient

PUSHED_IN_A_MINUTE, PUSHED_IN_AN_HOUR = 120, 2400
PROOFS_IN_A_MINUTE = 1200
pushed = PerApplication(
    "identity.oidc.pushed_requests", lambda: Allowance(PUSHED_IN_A_MINUTE, PUSHED_IN_AN_HOUR)
)
proofs = PerApplication("identity.oidc.proofs", lambda: Allowance(PROOFS_IN_A_MINUTE))


def admit_pushed_request(client: RelyingParty, request: Request) -> None:
    """Count a pushed request, which is stored for an hour. Raises TooManyOfPublicClient."""
    _admit(client, request, pushed())


def admit_proof(client: RelyingParty, request: Request) -> None:
    """Count a DPoP proof, whose `jti` is stored for minutes. Raises TooManyOfPublicClient."""
    _admit(client, request, proofs())


def _admit(client: RelyingParty, request: Request, allowance: Allowance) -> None:
    if client.confidential:
        return
    if not allowance.use(client.client_id, network_of(request)):
        raise TooManyOfPublicClient
