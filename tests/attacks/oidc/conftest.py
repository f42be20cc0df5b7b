"""The provider's people and clients, for attacks on it."""

from tests.identity.oidc.conftest import (
    ada,
    browser,
    fapi_rp,
    later,
    other_rp,
    provider,
    public_rp,
    published,
    rights,
    rp,
    service,
    service_rp,
    signing_rp,
    stranger,
    told_rp,
)

__all__ = [
    "ada",
    "browser",
    "fapi_rp",
    "later",
    "other_rp",
    "provider",
    "public_rp",
    "published",
    "rights",
    "rp",
    "service",
    "service_rp",
    "signing_rp",
    "stranger",
    "told_rp",
]
