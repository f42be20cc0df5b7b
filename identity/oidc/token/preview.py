"""Claims that a person's tokens would carry at a client, without issuing any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.settings import settings
from identity.accounts.models import Account
from identity.oidc import scopes
from identity.oidc.claims import of_person
from identity.oidc.clients.store import RelyingParty
from identity.oidc.entitlement import Entitlement
from identity.oidc.pairwise import subject_for
from identity.ports import approvals

AT_SIGN_IN = "set at sign-in"
"""Stands for what the moment and the manner of a sign-in decide."""
OF_EVERY_TOKEN = ("iat", "exp", "auth_time", "acr", "amr")
OF_ID_TOKENS = ("at_hash", "nonce")


@dataclass(frozen=True)
class Preview:
    """Every claim of each; AT_SIGN_IN where only a sign-in knows its value."""

    id_token: Mapping[str, object]
    access_token: Mapping[str, object]
    userinfo: Mapping[str, object]


def preview(
    client: RelyingParty, account: Account, organisation: str | None, at: datetime
) -> Preview | None:
    """Return the claims for all registered scopes; None if the person may not enter."""
    claims = None
    if client.service is not None and organisation is not None:
        claims = approvals().claims(account, client.service, organisation, at)
        if claims is None:
            return None
    granted = set(client.scopes)
    rights = Entitlement(account, claims).of_scopes(granted)
    subject, issuer = subject_for(client, account.subject), settings().issuer
    return Preview(
        id_token={"iss": issuer, "sub": subject, "aud": client.client_id}
        | dict.fromkeys([*OF_EVERY_TOKEN, *OF_ID_TOKENS], AT_SIGN_IN)
        | ({"sid": AT_SIGN_IN} if client.is_told_of_sign_out else {}),
        access_token={
            "iss": issuer,
            "sub": subject,
            "aud": issuer,
            "client_id": client.client_id,
            "scope": scopes.join(client.scopes),
            **rights,
            **dict.fromkeys([*OF_EVERY_TOKEN, "jti"], AT_SIGN_IN),
        },
        userinfo=rights | of_person(account, granted, set()) | {"sub": subject},
    )
