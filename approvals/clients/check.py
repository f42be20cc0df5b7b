"""A sign-in of a person at a client, tried without either: each step, and what tokens would say.

No session begins, no token is issued, and no secret is needed. The questions are those that a
sign-in asks, and the claims come from where tokens take them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from app import http_client
from app.audit import record
from app.clock import now
from app.database import writing
from app.http_client import Unreachable
from app.refusal import RefusalError
from app.settings import settings
from identity.accounts.models import Account
from identity.accounts.queries import account_at
from identity.email_address import EmailAddress
from identity.oidc.clients.jwks import read
from identity.oidc.clients.remote_documents import fetched
from identity.oidc.clients.service_scopes import why_scopes_do_not_fit
from identity.oidc.clients.store import RelyingParty
from identity.oidc.jwt_verification import UnsuitableKey
from identity.oidc.parameters import PUSHED
from identity.oidc.pushed import PATH
from identity.oidc.token.preview import Preview, preview
from identity.ports import approvals

_NOT_THERE = (404, 410)


@dataclass(frozen=True)
class Step:
    """One check: its subject, whether it passed, and the finding in a sentence."""

    name: str
    good: bool
    finding: str


@dataclass(frozen=True)
class Entering:
    """One organisation through which the person would enter, or the reasons against it."""

    organisation: str
    reasons: tuple[str, ...]
    preview: Preview | None


@dataclass(frozen=True)
class SignInTrial:
    """Trial of a person's sign-in: the questions about the person, then each way in."""

    account: Account
    steps: Sequence[Step]
    entrances: Sequence[Entering]


def of_client(client: RelyingParty) -> list[Step]:
    """Check the client itself, and whether the addresses that the provider calls answer now."""
    steps = []
    misfit = why_scopes_do_not_fit(client.service, client.scopes, client.grant_types)
    if misfit is not None:
        steps.append(Step("Scopes", False, misfit[0].upper() + misfit[1:]))
    if client.jwks_uri is not None:
        steps.append(_keys(client.jwks_uri))
    if client.backchannel_logout_uri is not None:
        steps.append(_answers("Back-channel logout address", client.backchannel_logout_uri))
    return steps


def requests_of(client: RelyingParty) -> list[tuple[str, str]]:
    """Return names and texts of the requests that begin a sign-in at the service.

    With made-up values; empty for a client without people.
    """
    if not client.redirect_uris:
        return []
    parameters = {
        "client_id": client.client_id,
        "response_type": "code",
        "redirect_uri": client.redirect_uris[0],
        "scope": " ".join(client.scopes),
        "state": "STATE",
        "nonce": "NONCE",
        "code_challenge": "CHALLENGE",
        "code_challenge_method": "S256",
    }
    if not client.require_par:
        return [("Authorization request", _authorize(parameters))]
    brought = {"client_id": client.client_id, "request_uri": f"{PUSHED}HANDLE"}
    return [
        ("Pushed request", f"POST {settings().issuer}{PATH}\n\n{urlencode(parameters)}"),
        ("Authorization request", _authorize(brought)),
    ]


def try_person(client: RelyingParty, email: EmailAddress) -> SignInTrial:
    """Try the sign-in of the person with this address, and record that it was looked at.

    Raises RefusalError.
    """
    account, at = account_at(email), now()
    if account is None:
        raise RefusalError.of("unknown_person", "There is no account with this address.")
    with writing():
        record(
            "client.checked",
            client=client.client_id,
            service=client.service,
            subject=account.subject,
            client_name=client.name,
        )
    entrances = _entrances(client, account, at)
    return SignInTrial(account, _person_steps(client, account, entrances, at), entrances)


def _authorize(parameters: Mapping[str, str]) -> str:
    return f"{settings().issuer}/authorize?{urlencode(parameters)}"


def _person_steps(
    client: RelyingParty, account: Account, entrances: Sequence[Entering], at: datetime
) -> list[Step]:
    """Return the checks of a sign-in that concern the person."""
    steps = []
    open_ones = [each.organisation for each in entrances if each.preview and each.organisation]
    if len(open_ones) > 1:
        steps.append(
            Step("Organisation", True, f"The person is asked for which: {', '.join(open_ones)}")
        )
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
        *steps,
    ]


def _entrances(client: RelyingParty, account: Account, at: datetime) -> list[Entering]:
    """Return each organisation of the person, with the claims of tokens for it."""
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
    except Unreachable:
        return Step("Public keys", False, f"No key set was found at {address}")
    except UnsuitableKey as error:
        return Step("Public keys", False, f"{address}: {error}")
    return Step("Public keys", count > 0, f"{count} found at {address}")


def _answers(name: str, address: str) -> Step:
    """Check that the address answers at all.

    Most endpoints refuse a GET, and their reaction to a logout token cannot be tried without one.
    """
    try:
        status = http_client.fetch("GET", address).status
    except Unreachable:
        return Step(name, False, f"{address} does not answer")
    good = status < 500 and status not in _NOT_THERE
    return Step(name, good, f"{address} answers with status {status}")


def as_json(claims: Mapping[str, object]) -> str:
    """Return claims as indented JSON."""
    return json.dumps(claims, indent=2, ensure_ascii=False)
