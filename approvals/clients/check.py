"""A sign-in of a person at a client, tried without either: each step, and what tokens would say.

Nobody is signed in, nothing is issued, and no secret is needed. The questions are those that a
sign-in asks, and the claims come from where tokens take them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from app import outgoing
from app.outgoing import NotReached
from app.settings import settings
from identity.accounts.models import Account
from identity.oidc.clients.documents import fetched
from identity.oidc.clients.jwks import read
from identity.oidc.clients.store import RelyingParty
from identity.oidc.foreign import UnfitKey
from identity.oidc.token.preview import Preview, preview
from identity.ports import approvals


@dataclass(frozen=True)
class Step:
    """What is looked at, whether it is as it must be, and what was found, in a sentence."""

    name: str
    good: bool
    found: str


@dataclass(frozen=True)
class Entering:
    """One organisation through which the person would enter, or the reasons against it."""

    organisation: str
    reasons: tuple[str, ...]
    preview: Preview | None


def addresses(client: RelyingParty) -> list[Step]:
    """The client's own addresses that we call: whether they answer now."""
    steps = []
    if client.jwks_uri is not None:
        steps.append(_keys(client.jwks_uri))
    if client.backchannel_logout_uri is not None:
        steps.append(_answers("Back-channel logout address", client.backchannel_logout_uri))
    return steps


def request_of(client: RelyingParty) -> str | None:
    """The address that the service sends a browser to, with made-up values; None without people."""
    if not client.redirect_uris:
        return None
    parameters: Mapping[str, str] = {
        "client_id": client.client_id,
        "response_type": "code",
        "redirect_uri": client.redirect_uris[0],
        "scope": " ".join(client.scopes),
        "state": "STATE",
        "nonce": "NONCE",
        "code_challenge": "CHALLENGE",
        "code_challenge_method": "S256",
    }
    return f"{settings().issuer}/authorize?{urlencode(parameters)}"


def person_steps(client: RelyingParty, account: Account, at: datetime) -> list[Step]:
    """What a sign-in asks about the person, whatever the organisation."""
    due = approvals().terms_due(account, client.service, at, newly=False)
    return [
        Step("Account", account.active, "Active" if account.active else "Suspended"),
        Step(
            "Terms of use",
            not due,
            "Accepted"
            if not due
            else f"To be accepted first: {', '.join(each.title for each in due)}",
        ),
    ]


def entrances(client: RelyingParty, account: Account, at: datetime) -> list[Entering]:
    """Each organisation of the person, with the claims of tokens for it."""
    if client.service is None:
        return [Entering("", (), preview(client, account, None, at))]
    return [
        Entering(
            each.name,
            each.reasons,
            preview(client, account, each.organisation, at) if each.allowed else None,
        )
        for each in approvals().entrances(account, client.service, at)
    ]


def _keys(address: str) -> Step:
    try:
        count = len(read(fetched(address)))
    except NotReached:
        return Step("Public keys", False, f"No key set was found at {address}")
    except UnfitKey as error:
        return Step("Public keys", False, f"{address}: {error}")
    return Step("Public keys", count > 0, f"{count} found at {address}")


def _answers(name: str, address: str) -> Step:
    """Any answer will do: what it makes of a logout token cannot be tried without one."""
    try:
        status = outgoing.call("GET", address).status
    except NotReached:
        return Step(name, False, f"{address} does not answer")
    return Step(name, status < 500, f"{address} answers with status {status}")
