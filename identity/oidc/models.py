"""Tables of the provider. Every secret (code, token, client secret) is kept as its hash only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base
from app.database.dated_rows import DatedRow
from app.identifiers import new_id, new_secret
from app.journeys import JourneyRow
from app.queue import QueuedRow
from identity.oidc.json_types import Registration


def new_client_id() -> str:
    """Return a client id that no person's `sub` can equal in form (RFC 9700, 4.15)."""
    return f"client-{new_id()}"


class Client(Base):
    """A relying service, as an operator registered it. `registration` is its whole metadata."""

    __tablename__ = "oidc_client"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_client_id)
    name: Mapped[str] = mapped_column(String(200))
    service: Mapped[str | None] = mapped_column(String(80), index=True)
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    earlier_secret_hash: Mapped[str | None] = mapped_column(String(64))
    earlier_secret_until: Mapped[datetime | None]
    registration: Mapped[Registration] = mapped_column(JSON(none_as_null=True))
    registration_token_hash: Mapped[str | None] = mapped_column(String(64))
    registration_policy: Mapped[dict[str, object] | None]
    """Credential with which a self-registered client manages its registration (RFC 7592)."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    secret_changed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class ClientPeriod(DatedRow, Base):
    """A time in which a client belonged to one service, enabled or not; open while it lasts.

    `Client.service` and `Client.disabled_at` say how it is now. These rows say it of any past
    moment: `clients.history` writes one wherever either changes.
    """

    __tablename__ = "oidc_client_period"
    __table_args__ = (
        Index("ix_oidc_client_period_service", "service", "valid_from"),
        Index("ix_oidc_client_period_client_id", "client_id", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("oidc_client.id"))
    service: Mapped[str | None] = mapped_column(String(80))
    enabled: Mapped[bool]


class InitialAccessToken(Base):
    """Lets somebody register clients over HTTP, within a policy (RFC 7591, 3; section 1.2).

    Single registrations are claimed by a conditional UPDATE of `uses_left`.
    """

    __tablename__ = "oidc_initial_access_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    note: Mapped[str] = mapped_column(String(200))
    policy: Mapped[dict[str, object]]
    uses_left: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PairwiseSalt(Base):
    """One row: what subjects of pairwise clients are made with, encrypted by the vault."""

    __tablename__ = "oidc_pairwise_salt"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(Text)


class UsedOnce(Base):
    """Values that count once: ids of assertions, proofs, request objects.

    Kept until it would be refused for its age anyway. The unique hash decides between several.
    """

    __tablename__ = "oidc_used_once"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PushedRequest(Base):
    """A pushed authorization request (RFC 9126), claimed when its authorization is given."""

    __tablename__ = "oidc_pushed_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    handle_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("oidc_client.id"))
    parameters: Mapped[dict[str, object]]
    signed: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class SigningKey(Base):
    """A key pair that signs tokens. Its state follows from the times, see `keys/states.py`.

    The private half is encrypted by the vault and removed when the key has retired; the public
    half stays, since an ID token of any age may come back as a hint at sign-out.
    """

    __tablename__ = "oidc_signing_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    alg: Mapped[str] = mapped_column(String(10))
    private_key: Mapped[str | None] = mapped_column(Text)
    public_key: Mapped[dict[str, object]]
    published_at: Mapped[datetime] = mapped_column(default=now)
    active_from: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Revision(Base):
    """One row, whose number rises with each change of clients or keys; workers' caches follow."""

    __tablename__ = "oidc_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class AuthorizationRequest(JourneyRow):
    """One call of the authorization endpoint that needs the person: its parameters stay here.

    The browser carries `public_id` alone, and it opens only in the browser to which it is bound.
    Once the request has ended its parameters are removed; the row stays for a day, so that a page
    left open can lead back to the client.
    """

    __tablename__ = "oidc_authorization_request"

    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_secret)
    client_id: Mapped[int] = mapped_column(ForeignKey("oidc_client.id"))
    parameters: Mapped[dict[str, object]]
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    organisation: Mapped[str | None] = mapped_column(String(36))
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """The account that chose the organisation: the choice holds for nobody else."""
    pushed_id: Mapped[int | None] = mapped_column(
        ForeignKey("oidc_pushed_request.id", ondelete="SET NULL")
    )
    signed: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]


class TokenFamily(Base):
    """A token family: what one sign-in of one person gave to one client.

    Every endpoint looks at its family first, so ending the family ends all its tokens at once.
    Without `offline` it ends with `session_id`; `ends_at` is the last moment of its refresh tokens.
    """

    __tablename__ = "oidc_grant"
    __table_args__ = (
        Index("ix_oidc_grant_account_id_ended_at", "account_id", "ended_at"),
        Index("ix_oidc_grant_client_id_id", "client_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("oidc_client.id"))
    session_id: Mapped[int | None] = mapped_column(
        ForeignKey("session.id", ondelete="SET NULL"), index=True
    )
    sid: Mapped[str] = mapped_column(String(36))
    service: Mapped[str | None] = mapped_column(String(80))
    organisation: Mapped[str | None] = mapped_column(String(36))
    scope: Mapped[str] = mapped_column(Text)
    resources: Mapped[list[str]]
    claims_requested: Mapped[dict[str, object]]
    auth_time: Mapped[datetime]
    acr: Mapped[str] = mapped_column(String(100))
    """The claim: a level that the request named, where it named one that is lower."""
    reached_acr: Mapped[str | None] = mapped_column(String(100))
    """The level that the sign-in reached; None in a family of an earlier release."""
    amr: Mapped[list[str]]
    offline: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ended_cause: Mapped[str | None] = mapped_column(String(60))
    ended_untold: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Its tokens ended and nobody was told: the service's own session may go on."""


class AuthorizationCode(Base):
    """Single use: claimed by one conditional UPDATE of `used_at`."""

    __tablename__ = "oidc_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    grant_id: Mapped[int] = mapped_column(
        ForeignKey("oidc_grant.id", ondelete="CASCADE"), index=True
    )
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    dpop_jkt: Mapped[str | None] = mapped_column(String(64))
    nonce: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)


class RefreshToken(Base):
    """Single use like a code; used ones stay until the family goes, so that reuse is noticed."""

    __tablename__ = "oidc_refresh_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    grant_id: Mapped[int] = mapped_column(
        ForeignKey("oidc_grant.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    retries: Mapped[int] = mapped_column(default=0, server_default="0")
    """Number of times that the same successor was returned again after a lost response."""
    bound_to: Mapped[str | None] = mapped_column(String(64))
    """Thumbprint of the key or certificate that a public client proves (RFC 9449, 5)."""


class LogoutNotice(QueuedRow):
    """A back-channel logout to deliver to a client."""

    __tablename__ = "oidc_logout_notice"

    client_id: Mapped[int] = mapped_column(ForeignKey("oidc_client.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sid: Mapped[str] = mapped_column(String(36))
    cause: Mapped[str] = mapped_column(String(60))
    done_at: Mapped[datetime | None]


class RevokedToken(Base):
    """An access token that was revoked alone, until it would have expired."""

    __tablename__ = "oidc_revoked_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(String(80), unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OrganisationChoice(Base):
    """For which organisation a person chose to enter a client, in which session."""

    __tablename__ = "oidc_organisation_choice"
    __table_args__ = (
        Index("ix_oidc_organisation_choice_account_id_client_id", "account_id", "client_id"),
        Index("ix_oidc_organisation_choice_session_id_client_id", "session_id", "client_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    client_id: Mapped[int] = mapped_column(ForeignKey("oidc_client.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="SET NULL"))
    organisation: Mapped[str] = mapped_column(String(36))
    chosen_at: Mapped[datetime] = mapped_column(index=True)
