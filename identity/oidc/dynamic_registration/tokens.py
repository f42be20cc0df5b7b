"""Initial access tokens (RFC 7591, 3): made by operators, shown once, counted, and over one day."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from app.identifiers import new_secret, secret_hash
from app.refusal import RefusalError
from app.retention import Expired
from identity.oidc.dynamic_registration.policy import Policy
from identity.oidc.models import InitialAccessToken
from identity.oidc.refusals import admit_refusal


def issue(note: str, policy: Policy, *, uses: int, life: timedelta) -> tuple[str, str]:
    """Make a token and return it with its id. The token is shown here and never again."""
    token = new_secret()
    with writing() as session:
        row = InitialAccessToken(
            token_hash=secret_hash(token),
            note=note,
            policy=policy.to_store(),
            uses_left=uses,
            expires_at=now() + life,
        )
        session.add(row)
        session.flush()
        record(
            "registration_token.issued",
            token=row.public_id,
            note=row.note,
            after=policy.to_store(),
            uses=uses,
        )
        return token, row.public_id


def revoke(public_id: str) -> None:
    """Revoke the token; clients that it registered stay. Raises RefusalError."""
    with writing():
        row = db.session.scalar(
            select(InitialAccessToken).where(InitialAccessToken.public_id == public_id)
        )
        if row is None:
            raise RefusalError.of("unknown_token", f"There is no registration token {public_id}.")
        row.uses_left = 0
        record("registration_token.revoked", token=public_id, note=row.note)


def usable_tokens() -> list[InitialAccessToken]:
    """Return the tokens that can still be used, the oldest first."""
    return list(
        db.session.scalars(
            select(InitialAccessToken)
            .where(InitialAccessToken.uses_left > 0, InitialAccessToken.expires_at > now())
            .order_by(InitialAccessToken.id)
        )
    )


def find(token: str) -> InitialAccessToken | None:
    """Return the token if it can be used now."""
    found: InitialAccessToken | None = db.session.scalar(
        select(InitialAccessToken).where(
            InitialAccessToken.token_hash == secret_hash(token),
            InitialAccessToken.uses_left > 0,
            InitialAccessToken.expires_at > now(),
        )
    )
    return found


def claim_registration(token: InitialAccessToken) -> bool:
    """Use up one registration; return False if none is left. Must run inside `writing()`."""
    return claim(
        update(InitialAccessToken)
        .where(InitialAccessToken.id == token.id, InitialAccessToken.uses_left > 0)
        .values(uses_left=InitialAccessToken.uses_left - 1)
    )


def record_refusal(token: InitialAccessToken, reason: str) -> None:
    """Record that a registration with this token was refused, a few times a minute at most."""
    public_id, note = token.public_id, token.note
    if admit_refusal("registration.refused", public_id):
        with writing():
            record("registration.refused", token=public_id, note=note, reason=reason[:1000])


def expired() -> list[Expired]:
    """Return the registration tokens that have expired."""
    return [Expired(InitialAccessToken, InitialAccessToken.expires_at < now())]
