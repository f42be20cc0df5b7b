"""Binding of a token, so that a thief cannot use it (RFC 9449, 6; RFC 8705, 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

KEY: Literal["jkt"] = "jkt"
"""A key that a DPoP proof is made with (RFC 9449, 6.1)."""
CERTIFICATE: Literal["x5t#S256"] = "x5t#S256"
"""The certificate of the TLS connection (RFC 8705, 3.1)."""


@dataclass(frozen=True)
class Binding:
    """`thumbprint` is a SHA-256 in base64url; `member` says of what, in the claim `cnf`."""

    member: Literal["jkt", "x5t#S256"]
    thumbprint: str


def claims_of(binding: Binding | None) -> dict[str, object]:
    """Return the claim `cnf` of the token, none for a token that is not bound."""
    return {"cnf": {binding.member: binding.thumbprint}} if binding is not None else {}


def of_claims(claims: Mapping[str, object]) -> Binding | None:
    """Return the key or certificate that a token of ours is bound to."""
    confirmation = claims.get("cnf")
    if isinstance(confirmation, dict):
        for member in (KEY, CERTIFICATE):
            if member in confirmation:
                return Binding(member, confirmation[member])
    return None


def token_type(binding: Binding | None) -> str:
    """Return the token type (RFC 9449, 5); bearer for a certificate's tokens (RFC 8705, 3)."""
    return "DPoP" if binding is not None and binding.member == KEY else "Bearer"


def keeps(thumbprint: str | None, binding: Binding | None) -> bool:
    """Return whether what was bound to that thumbprint, or to none, is used by who proves it."""
    return thumbprint is None or (binding is not None and binding.thumbprint == thumbprint)
