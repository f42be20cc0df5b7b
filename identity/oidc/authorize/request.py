"""An authorization request, as the checks complete it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from identity.oidc.clients.store import RelyingParty
from identity.oidc.parameters import Parameters

ClaimRequests = dict[str, dict[str, object] | None]
"""Requested claims by name, each with its conditions if it has some (Core, 5.5.1)."""
QUERY = "query"
PARAMETERS = frozenset(
    {
        "client_id", "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce",
        "code_challenge", "code_challenge_method", "prompt", "max_age", "claims", "acr_values",
        "resource", "dpop_jkt", "id_token_hint", "login_hint",
    }
)  # fmt: skip
"""Parameters of a request; others are ignored (RFC 6749, 3.1), and so not stored."""


@dataclass
class RequestedAuthorization:
    """Filled by the checks of `checks.py` in their order.

    `redirect_uri` is set by the check that finds it registered: until then no error leaves for
    anywhere, from then on the client is told.
    """

    parameters: Parameters
    pushing: bool = False
    """Whether it is being pushed: it comes from the client itself."""
    pushed_id: int | None = None
    """The pushed request that it came by."""
    signed: bool = False
    """Whether it came as a request object."""
    proven_key: str | None = None
    """Thumbprint of the key that a DPoP proof came with."""
    dpop_jkt: str | None = None
    client: RelyingParty = field(init=False)
    redirect_uri: str | None = None
    response_mode: str = QUERY
    scopes: tuple[str, ...] = ()
    code_challenge: str | None = None
    prompts: frozenset[str] = frozenset()
    max_age: int | None = None
    claims: dict[str, ClaimRequests] = field(default_factory=dict)
    acr_values: tuple[str, ...] = ()
    acr_essential: bool = False
    resources: tuple[str, ...] = ()
    expected_subject: str | None = None

    @property
    def known_client(self) -> RelyingParty | None:
        """The client; None where the checks ended before it was found."""
        return getattr(self, "client", None)

    @property
    def from_client(self) -> bool:
        """Whether a client that proves itself sent these parameters, directly."""
        return self.client.confidential and (self.pushing or self.pushed_id is not None)

    @property
    def silent(self) -> bool:
        return "none" in self.prompts

    @property
    def state(self) -> str | None:
        return self.parameters.get("state")

    def to_store(self) -> dict[str, object]:
        """Return the parameters as they came, to be checked again when the person returns."""
        stored: dict[str, object] = {
            name: self.parameters.all(name) if name == "resource" else value
            for name, value in self.parameters.items()
            if name in PARAMETERS
        }
        return stored | ({"dpop_jkt": self.dpop_jkt} if self.dpop_jkt is not None else {})


def from_store(stored: Mapping[str, object]) -> Parameters:
    """Restore the parameters from `to_store`."""
    return Parameters(
        (name, str(each))
        for name, value in stored.items()
        for each in (value if isinstance(value, list) else [value])
    )
