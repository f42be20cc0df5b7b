"""Grant type: its name, the parameters it accepts, and how it is redeemed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from identity.oidc.clients.store import RelyingParty
from identity.oidc.parameters import Parameters
from identity.oidc.proof.binding import Binding

PATH = "/token"
"""The path of the endpoint, below the issuer."""


@dataclass(frozen=True)
class GrantType:
    """`redeem` answers with the members of the token response, or raises an OAuthError.

    It sees only the parameters named here; the endpoint drops the rest. The last argument is the
    key or certificate that the request proved, None where it proved none (RFC 9449, 5). `label`
    names the grant type on the operators' page for a client.
    """

    name: str
    label: str
    parameters: frozenset[str]
    redeem: Callable[[RelyingParty, Parameters, Binding | None], dict[str, object]]
