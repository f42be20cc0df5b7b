"""A client of School Performance, as tests of its pages register it."""

from __future__ import annotations

from identity.oidc.client_administration import actions
from identity.oidc.json_types import RegistrationResponse
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.identity.oidc.relying_party import CALLBACK


def registered(**metadata: object) -> RegistrationResponse:
    return actions.register(
        {
            "client_name": "Pupil reports",
            "redirect_uris": [CALLBACK],
            "service": "school_performance",
            "scope": "openid profile email organisation access",
            **metadata,
        },
        grant_types=tuple(GRANT_TYPES),
    )
