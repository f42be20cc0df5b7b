"""The end of a good authorization request: a token family begins, and its code goes out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from app.audit import record
from app.clock import now
from app.database import writing
from app.identifiers import new_id, new_secret, secret_hash
from identity.oidc import levels, scopes
from identity.oidc.authorize import pending
from identity.oidc.authorize.visit import Visit
from identity.oidc.models import OrganisationChoice
from identity.oidc.statements import add_code, add_family
from identity.sessions.lookup import still_stands


class SignedOut(Exception):
    """The session has been ended since the request came: nothing was issued."""


def code_for(visit: Visit) -> str | None:
    """The code, or None where this request was answered before. Raises SignedOut.

    Plain statements: this is all that a person who is signed in waits for.
    """
    asked, session, at = visit.asked, visit.session, now()
    client, code = asked.client, new_secret()
    offline = scopes.OFFLINE_ACCESS in asked.scopes
    ends_at = session.absolute_end
    if offline:
        ends_at = session.auth_time + timedelta(seconds=client.offline_absolute_lifetime)
    organisation, session_id = visit.organisation, session.id
    family = {
        "public_id": new_id(),
        "account_id": session.account_id,
        "client_id": client.key,
        "session_id": session_id,
        "sid": session.sid,
        "service": client.service,
        "organisation": organisation,
        "scope": scopes.join(asked.scopes),
        "resources": list(asked.resources),
        "claims_requested": asked.claims,
        "auth_time": session.auth_time,
        "acr": levels.claimed(asked.acr_values, session.acr),
        "amr": list(session.amr),
        "offline": offline,
        "created_at": at,
        "ends_at": ends_at,
    }
    subject, choice = session.account.subject, _choice(visit)
    parameters = asked.parameters
    redirect_uri, challenge = asked.redirect_uri, asked.code_challenge
    with writing() as database:
        if not still_stands(session_id):
            raise SignedOut
        if not pending.finish(visit):
            return None
        grant_id = add_family(**family)
        add_code(
            code_hash=secret_hash(code),
            grant_id=grant_id,
            redirect_uri=redirect_uri,
            code_challenge=challenge,
            dpop_jkt=asked.dpop_jkt,
            nonce=parameters.get("nonce"),
            created_at=at,
            expires_at=at + timedelta(seconds=client.code_lifetime),
        )
        if choice is not None:
            database.execute(insert(OrganisationChoice).values(**choice))
        record(
            "service.entered",
            subject=subject,
            client=client.client_id,
            service=client.service,
            organisation=organisation,
            scope=scopes.join(asked.scopes),
            grant=family["public_id"],
        )
    return code


def _choice(visit: Visit) -> dict[str, object] | None:
    """What to remember: the organisation, where there was one to choose."""
    if visit.organisation is None or visit.chosen != visit.organisation:
        return None
    return {
        "account_id": visit.session.account_id,
        "client_id": visit.asked.client.key,
        "session_id": visit.session.id,
        "organisation": visit.organisation,
        "chosen_at": now(),
    }
