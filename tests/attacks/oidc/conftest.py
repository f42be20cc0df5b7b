"""The provider's people and clients, for attacks on it."""

from tests.identity.oidc.conftest import (
    ada,
    browser,
    fapi_rp,
    other_rp,
    provider,
    public_rp,
    rights,
    rp,
    service_rp,
    signing_rp,
    stranger,
)

__all__ = [
    "ada",
    "browser",
    "fapi_rp",
    "other_rp",
    "provider",
    "public_rp",
    "rights",
    "rp",
    "service_rp",
    "signing_rp",
    "stranger",
]
