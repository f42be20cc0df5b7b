"""Grant type authorization_code (RFC 6749, 4.1.3; RFC 7636; OpenID Connect Core, 3.1.3)."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Protocol

from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN, create_s256_code_challenge
from sqlalchemy import bindparam, select, update

from app.clock import now
from app.database import CompiledQuery, commit_unit, writing
from app.database.single_use import claim
from app.identifiers import new_secret, secret_hash
from identity.accounts.account_snapshot import WITH_ACCOUNT, snapshot_from
from identity.accounts.models import Account
from identity.oidc import scopes
from identity.oidc.clients.store import RelyingParty
from identity.oidc.entitlement import require_entitlement
from identity.oidc.errors import InvalidGrant, InvalidRequest
from identity.oidc.lifetimes import WRONG_VERIFIERS
from identity.oidc.models import AuthorizationCode, TokenFamily
from identity.oidc.parameters import Parameters
from identity.oidc.proof.binding import Binding, keeps
from identity.oidc.statements import claim_of
from identity.oidc.token.grant_type import GrantType
from identity.oidc.token.issue import (
    audience,
    issued_row,
    response_for_person,
    stored_refresh_token,
)
from identity.oidc.token.reuse import CODE, refused_after_end, used_twice
from identity.oidc.token_families import Family, end_family, record_family_event

_FAMILY_AND_CODE: CompiledQuery[CodeRow] = CompiledQuery(
    select(
        TokenFamily.__table__,
        *WITH_ACCOUNT,
        AuthorizationCode.id.label("code_id"),
        AuthorizationCode.redirect_uri,
        AuthorizationCode.code_challenge,
        AuthorizationCode.dpop_jkt,
        AuthorizationCode.nonce,
        AuthorizationCode.expires_at.label("code_expires_at"),
        AuthorizationCode.used_at,
    )
    .join(AuthorizationCode, AuthorizationCode.grant_id == TokenFamily.id)
    .join(Account, Account.id == TokenFamily.account_id)
    .where(AuthorizationCode.code_hash == bindparam("hash"))
)


class CodeRow(Family, Protocol):
    """A code with its family."""

    code_id: int
    redirect_uri: str
    code_challenge: str | None
    dpop_jkt: str | None
    nonce: str | None
    code_expires_at: datetime
    used_at: datetime | None


def redeem(
    client: RelyingParty, parameters: Parameters, binding: Binding | None
) -> dict[str, object]:
    """Redeem an authorization code for tokens."""
    at = now()
    row = _find(client, parameters, at)
    _prove(client, row, parameters.get("code_verifier"), at)
    if not keeps(row.dpop_jkt, binding):
        raise InvalidGrant(detail="the code is bound to another key")
    target = audience(client, parameters, row.resources)
    entitlement = require_entitlement(client, row, at)
    granted = [scope for scope in scopes.split(row.scope) if scope in client.scopes]
    refresh_token = new_secret() if "refresh_token" in client.grant_types else None
    response = response_for_person(
        client,
        row,
        entitlement,
        granted=granted,
        audience=target,
        refresh_token=refresh_token,
        binding=binding,
        at=at,
        nonce=row.nonce,
    )
    issued = issued_row(
        client,
        grant_type=GRANT.name,
        granted=granted,
        audience=target,
        service=row.service,
        family=row,
        subject=entitlement.account.subject,
    )
    stored = (
        [stored_refresh_token(client, row, refresh_token, at, binding=binding)]
        if refresh_token is not None
        else []
    )
    if not commit_unit(*stored, issued, claim=claim_of(AuthorizationCode, row.code_id, row.id, at)):
        used_twice(client, row, kind=CODE)
    return response


def _find(client: RelyingParty, parameters: Parameters, at: datetime) -> CodeRow:
    """Return the code with its family, if this client may redeem it for this address."""
    code = parameters.get("code")
    if code is None:
        raise InvalidRequest("code is missing")
    row = _FAMILY_AND_CODE.one(hash=secret_hash(code))
    if row is None:
        raise InvalidGrant(detail="no such code")
    if row.client_id != client.key:
        raise InvalidGrant(detail="code of another client")
    if row.used_at is not None:
        used_twice(client, row, kind=CODE)
    if row.ended_at is not None:
        raise refused_after_end(client, row)
    if row.code_expires_at <= at:
        raise InvalidGrant(detail="code expired")
    if parameters.get("redirect_uri") != row.redirect_uri:
        raise InvalidGrant(detail="another redirect_uri")
    return row


def _prove(client: RelyingParty, row: CodeRow, verifier: str | None, at: datetime) -> None:
    """Check the verifier (RFC 7636, 4.6); without a challenge it is a downgrade.

    RFC 9700, 4.8.2.
    """
    if row.code_challenge is None:
        if verifier is not None:
            raise InvalidGrant("code_verifier without a challenge")
        return
    if (
        verifier is not None
        and CODE_VERIFIER_PATTERN.fullmatch(verifier)
        and hmac.compare_digest(create_s256_code_challenge(verifier), row.code_challenge)
    ):
        return
    with writing() as session:
        failures = session.scalar(
            update(AuthorizationCode)
            .where(AuthorizationCode.id == row.code_id)
            .values(failures=AuthorizationCode.failures + 1)
            .returning(AuthorizationCode.failures)
        )
        if (failures or 0) >= WRONG_VERIFIERS and claim(
            claim_of(AuthorizationCode, row.code_id, row.id, at)
        ):
            _end_burnt(client, row)
    raise InvalidGrant("code_verifier is missing or wrong")


def _end_burnt(client: RelyingParty, row: Family) -> None:
    cause = "wrong code verifiers"
    if end_family(row.id, cause=cause):
        record_family_event(
            "token.ended", client, row, subject=snapshot_from(row).subject, cause=cause
        )


GRANT = GrantType(
    name="authorization_code",
    label="People sign in (authorization_code)",
    parameters=frozenset({"code", "redirect_uri", "code_verifier", "resource"}),
    redeem=redeem,
)
