"""Visits to a provider: begun with a state of their own, answered once by their browser."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret, secret_hash
from app.retention import Expired
from app.vault import decrypt, encrypt
from identity.sessions.browser import Browser
from identity.sessions.browser_journeys import BrowserJourneys
from identity.upstream.models import Connection, UpstreamJourney

LIFETIME = timedelta(minutes=30)
_PURPOSE = "upstream journey"
VISITS = BrowserJourneys(
    UpstreamJourney,
    owner=[UpstreamJourney.browser_hash],
    expires=UpstreamJourney.expires_at,
    finished=UpstreamJourney.finished_at,
)


@dataclass(frozen=True)
class Purpose:
    """The reason for a visit: ids of a sign-in, of a joining, or of a session and an invitation.

    fresh: whether the provider has to ask for a new sign-in. login_hint: the address to suggest.
    """

    sign_in: str | None = None
    joining: str | None = None
    linking_session_id: int | None = None
    invitation_id: int | None = None
    fresh: bool = False
    login_hint: str | None = None


@dataclass(frozen=True)
class Secrets:
    """The values of one visit: `state`, `nonce` and the PKCE verifier."""

    state: str
    nonce: str
    code_verifier: str


def begin(connection: Connection, purpose: Purpose, browser: Browser) -> Secrets:
    """Store a visit of the browser to the provider. Raises TooManyRequests."""
    secrets = Secrets(new_secret(), new_secret(), new_secret())
    sealed = json.dumps({"nonce": secrets.nonce, "code_verifier": secrets.code_verifier})
    VISITS.begin_in(
        browser,
        UpstreamJourney(
            browser_hash=browser.secret_hash,
            connection_id=connection.id,
            state_hash=secret_hash(secrets.state),
            sealed=encrypt(sealed, purpose=_PURPOSE),
            fresh=purpose.fresh,
            sign_in=purpose.sign_in,
            joining=purpose.joining,
            linking_session_id=purpose.linking_session_id,
            invitation_id=purpose.invitation_id,
            expires_at=now() + LIFETIME,
        ),
    )
    return secrets


def find(state: str, browser: Browser) -> UpstreamJourney | None:
    """Return the browser's open visit with that state, or None."""
    if browser.secret_hash is None:
        return None
    found: UpstreamJourney | None = db.session.scalar(
        select(UpstreamJourney).where(
            UpstreamJourney.state_hash == secret_hash(state),
            UpstreamJourney.browser_hash == browser.secret_hash,
            VISITS.is_open(),
        )
    )
    return found


def finish(visit: UpstreamJourney) -> bool:
    """Claim the answer of the visit; False where another request was faster."""
    with writing():
        return VISITS.finish(visit.id)


def secrets_of(visit: UpstreamJourney, state: str) -> Secrets:
    """Return the values of the visit."""
    opened = json.loads(decrypt(visit.sealed, purpose=_PURPOSE))
    return Secrets(state, opened["nonce"], opened["code_verifier"])


def expired() -> list[Expired]:
    """Return visits whose time is over."""
    return [VISITS.expired()]
