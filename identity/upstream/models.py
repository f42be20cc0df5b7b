"""Connections to organisations' providers, their domains, linked identities, journeys there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.database import Base
from app.identifiers import new_id
from app.journeys import JourneyRow


class Connection(Base):
    """An OpenID provider at which the people of some organisations sign in.

    organisations: public ids; a trust includes its schools. amr_trusted: whether the provider's
    `amr` and `acr` are accepted as a second factor. own_factors_forbidden: whether its people may
    not sign in with a password here. The connection is in use while `switched_off_at` is none.
    """

    __tablename__ = "upstream_connection"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(200))
    sealed_secret: Mapped[str] = mapped_column(Text)
    organisations: Mapped[list[str]]
    amr_trusted: Mapped[bool] = mapped_column(default=False)
    own_factors_forbidden: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    switched_off_at: Mapped[datetime | None]

    domains: Mapped[list[Domain]] = relationship(
        back_populates="connection", order_by="Domain.domain", lazy="selectin"
    )

    @property
    def in_use(self) -> bool:
        """Whether people can sign in by it."""
        return self.switched_off_at is None


_PROVEN = text("proven_at IS NOT NULL")


class Domain(Base):
    """A domain of email addresses that a connection claims; it counts once it is proven.

    `challenge` is the text of the TXT record that proves it. The worker looks for the record again
    at `next_check_at`; `missing_since` is when it first found it gone.
    """

    __tablename__ = "upstream_domain"
    __table_args__ = (
        # Anybody may claim a domain; one connection can prove it.
        Index(
            "ux_upstream_domain_proven",
            "domain",
            unique=True,
            sqlite_where=_PROVEN,
            postgresql_where=_PROVEN,
        ),
        Index("ix_upstream_domain_connection_id", "connection_id", "domain", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("upstream_connection.id"))
    domain: Mapped[str] = mapped_column(String(253))
    challenge: Mapped[str] = mapped_column(String(80))
    proven_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]

    connection: Mapped[Connection] = relationship(back_populates="domains", lazy="joined")


class Identity(Base):
    """An identity of a provider, linked to the account of its person."""

    __tablename__ = "upstream_identity"
    __table_args__ = (
        Index("ux_upstream_identity", "issuer", "subject", unique=True),
        Index("ix_upstream_identity_account_id", "account_id"),
        Index("ix_upstream_identity_connection_id", "connection_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("upstream_connection.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class UpstreamJourney(JourneyRow):
    """One visit to a provider and back, bound to one browser; its answer counts once.

    `sealed` holds nonce and PKCE verifier, encrypted. Exactly one of the ids names what the visit
    is for: a sign-in, joining, or the session in which an identity is linked after
    `invitation_id` was accepted.
    """

    __tablename__ = "upstream_journey"

    browser_hash: Mapped[str] = mapped_column(String(64))
    connection_id: Mapped[int] = mapped_column(ForeignKey("upstream_connection.id"))
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    fresh: Mapped[bool] = mapped_column(default=False)
    sign_in: Mapped[str | None] = mapped_column(String(36))
    joining: Mapped[str | None] = mapped_column(String(36))
    linking_session_id: Mapped[int | None]
    invitation_id: Mapped[int | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
