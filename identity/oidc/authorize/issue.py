"""The end of a good authorization request: a token family begins, and its code goes out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from app.audit import record
from app.clock import now
from app.database import writing
from app.identifiers import new_id, new_secret, secret_hash
from identity.oidc import acr, scopes
from identity.oidc.authorize import stored_request
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.models import OrganisationChoice
from identity.oidc.statements import add_code, add_family
from identity.sessions.current_session import is_still_active


class SignedOut(Exception):
    """The session has been ended since the request came: nothing was issued."""


def code_for(interaction: Interaction) -> str | None:
    """Issue a code, or return None if this request was answered before. Raises SignedOut.

    Plain statements: this is all that a person who is signed in waits for.
    """
    authorization, session, at = interaction.authorization, interaction.session, now()
    client, code = authorization.client, new_secret()
    offline = scopes.OFFLINE_ACCESS in authorization.scopes
    ends_at = session.absolute_end
    if offline:
        ends_at = session.auth_time + timedelta(seconds=client.offline_absolute_lifetime)
    organisation, session_id = interaction.organisation, session.id
    family = {
        "public_id": new_id(),
        "account_id": session.account_id,
        "client_id": client.key,
        "session_id": session_id,
        "sid": session.sid,
        "service": client.service,
        "organisation": organisation,
        "scope": scopes.join(authorization.scopes),
        "resources": list(authorization.resources),
        "claims_requested": authorization.claims,
        "auth_time": session.auth_time,
        "acr": acr.acr_claim(authorization.acr_values, session.acr),
        "amr": list(session.amr),
        "offline": offline,
        "created_at": at,
        "ends_at": ends_at,
    }
    subject, choice = session.account.subject, _choice(interaction)
    parameters = authorization.parameters
    redirect_uri, challenge = authorization.redirect_uri, authorization.code_challenge
    with writing() as database:
        if not is_still_active(session_id):
            raise SignedOut
        if not stored_request.finish(interaction):
            return None
        grant_id = add_family(**family)
        add_code(
            code_hash=secret_hash(code),
            grant_id=grant_id,
            redirect_uri=redirect_uri,
            code_challenge=challenge,
            dpop_jkt=authorization.dpop_jkt,
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
            scope=scopes.join(authorization.scopes),
            grant=family["public_id"],
        )
    return code


def _choice(interaction: Interaction) -> dict[str, object] | None:
    """Return the organisation to remember, if there was one to choose."""
    if (
        interaction.organisation is None
        or interaction.chosen_organisation != interaction.organisation
    ):
        return None
    return {
        "account_id": interaction.session.account_id,
        "client_id": interaction.authorization.client.key,
        "session_id": interaction.session.id,
        "organisation": interaction.organisation,
        "chosen_at": now(),
    }
