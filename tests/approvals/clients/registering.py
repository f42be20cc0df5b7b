"""A client of School Performance, as tests of its pages register it."""

from __future__ import annotations

from typing import Any

from identity.oidc.client_administration import actions
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.identity.oidc.relying_party import CALLBACK


def registered(**metadata: Any) -> dict[str, Any]:
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
