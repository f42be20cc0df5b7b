"""The end of a good authorization request: a token family begins, and its code goes out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert

from app.audit import audit_row
from app.clock import now
from app.database import Change, CompiledStatement, commit_unit, writing
from app.identifiers import new_id, new_secret, secret_hash
from identity.oidc import acr, scopes
from identity.oidc.authorize import stored_request
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.models import OrganisationChoice
from identity.oidc.statements import new_code, new_family
from identity.sessions.actions import claim_active

_NEW_CHOICE = CompiledStatement(insert(OrganisationChoice))


class SignedOut(Exception):
    """The session has been ended since the request came: nothing was issued."""


def code_for(interaction: Interaction) -> str | None:
    """Issue a code, or return None if this request was answered before. Raises SignedOut.

    The claim is that of the session, which also notes the person's activity: an ending that comes
    at the same time either finds the code or prevents it.
    """
    authorization, session, at = interaction.authorization, interaction.session, now()
    code = new_secret()
    claim = claim_active(session, at, is_activity=interaction.browser.opens_page)
    changes = _issued(interaction, code, at)
    if interaction.pending is None and authorization.pushed_id is None:
        if not commit_unit(*changes, claim=claim):
            raise SignedOut
        return code
    with writing():
        if not claim.run():
            raise SignedOut
        if not stored_request.finish(interaction):
            return None
        for change in changes:
            change.run()
    return code


def _issued(interaction: Interaction, code: str, at: datetime) -> list[Change]:
    """Return the rows of the code: its token family, the choice of organisation, the audit."""
    authorization, session = interaction.authorization, interaction.session
    client, organisation = authorization.client, interaction.organisation
    offline = scopes.OFFLINE_ACCESS in authorization.scopes
    ends_at = session.absolute_end
    if offline:
        ends_at = session.auth_time + timedelta(seconds=client.offline_absolute_lifetime)
    family = new_id()
    return [
        new_family(
            public_id=family,
            account_id=session.account_id,
            client_id=client.key,
            session_id=session.id,
            sid=session.sid,
            service=client.service,
            organisation=organisation,
            scope=scopes.join(authorization.scopes),
            resources=list(authorization.resources),
            claims_requested=authorization.claims,
            auth_time=session.auth_time,
            acr=acr.acr_claim(authorization.acr_values, session.acr),
            reached_acr=session.acr,
            amr=list(session.amr),
            offline=offline,
            created_at=at,
            ends_at=ends_at,
        ),
        new_code(
            family,
            code_hash=secret_hash(code),
            redirect_uri=authorization.redirect_uri,
            code_challenge=authorization.code_challenge,
            dpop_jkt=authorization.dpop_jkt,
            nonce=authorization.parameters.get("nonce"),
            created_at=at,
            expires_at=at + timedelta(seconds=client.code_lifetime),
        ),
        *_choice(interaction, at),
        audit_row(
            "service.entered",
            subject=session.account.subject,
            client=client.client_id,
            service=client.service,
            organisation=organisation,
            scope=scopes.join(authorization.scopes),
            grant=family,
        ),
    ]


def _choice(interaction: Interaction, at: datetime) -> list[Change]:
    """Return the organisation to remember, if there was one to choose."""
    organisation = interaction.organisation
    if organisation is None or interaction.chosen_organisation != organisation:
        return []
    return [
        _NEW_CHOICE.with_values(
            account_id=interaction.session.account_id,
            client_id=interaction.authorization.client.key,
            session_id=interaction.session.id,
            organisation=organisation,
            chosen_at=at,
        )
    ]
