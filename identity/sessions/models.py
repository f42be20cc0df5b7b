"""Sessions live in the database: a cookie only names one, and its hash is all that is stored."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.database import Base
from app.identifiers import new_id, new_secret
from app.journeys import JourneyRow
from identity.accounts.models import Account
from identity.sessions.user_agent import describe_user_agent


class Session(Base):
    """One browser signed in as one person.

    `sid` is the OpenID Connect session id: it stays while the cookie's token changes at each
    fresh sign-in. `auth_time` is the last time both factors were shown.
    """

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # None for a session that is older than the column.
    token_issued_at: Mapped[datetime | None] = mapped_column(default=now)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    auth_time: Mapped[datetime]
    amr_values: Mapped[list[str]] = mapped_column("amr")
    acr: Mapped[str] = mapped_column(String(100))
    last_active_at: Mapped[datetime]
    absolute_end: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ended_cause: Mapped[str | None] = mapped_column(String(60))
    # The sign-in before this one, shown on the account page.
    previous_sign_in_at: Mapped[datetime | None]
    # No longer read: `access.awaits_terms` judges each request (docs/decisions/0040).
    awaiting_terms: Mapped[bool] = mapped_column(default=False)
    known_device_id: Mapped[int | None]
    # Of a sign-in at an organisation's provider: the connection, the provider's session, and the
    # organisations (public ids) that the session opens. None for a sign-in with own factors.
    connection: Mapped[str | None] = mapped_column(String(36), index=True)
    connection_sid: Mapped[str | None] = mapped_column(String(255))
    organisations: Mapped[list[str] | None]
    network: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index("ix_session_account_id_ended_at", "account_id", "ended_at"),)

    @property
    def browser(self) -> str:
        """Kind of browser, for its owner to recognise."""
        return describe_user_agent(self.user_agent)

    @property
    def address(self) -> str:
        """The network of the sign-in: an IPv4 address, or the /64 of an IPv6 one."""
        return self.network.removesuffix("/32")

    @property
    def is_limited(self) -> bool:
        """Whether the session opens the organisations of its connection only."""
        return self.connection is not None

    @property
    def amr(self) -> tuple[str, ...]:
        """The methods of the sign-in, as RFC 8176 names them."""
        return tuple(self.amr_values)


class ReplacedToken(Base):
    """A token that a session had until it got another one (`token_renewal`)."""

    __tablename__ = "replaced_session_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    replaced_at: Mapped[datetime] = mapped_column(index=True)


class RememberedDevice(Base):
    """A browser in which its owner signs in without a code, until `expires_at`.

    The token changes at each use; a cookie with the replaced one is a copy. `network` and
    `user_agent` are those of the last use.
    """

    __tablename__ = "remembered_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    replaced_token_hash: Mapped[str | None] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class KeptPostKind(enum.StrEnum):
    """Purpose of a kept form: it waits for a confirmation, or to be filled in again."""

    POST = "post"
    DRAFT = "draft"


class KeptPost(JourneyRow):
    """A form that waits for its person.

    A post waits until they have confirmed who they are, and is completed once. A draft waits until
    they have signed in again, and is filled in (`drafts`); it belongs to the account.

    `sealed` holds path, query and fields, encrypted by the vault. `ended_at_page` is where the
    completed form led, for a browser that opens its address again.
    """

    __tablename__ = "kept_post"

    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_secret)
    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(16), default=KeptPostKind.POST.value)
    account_id: Mapped[int | None] = mapped_column(index=True)
    sealed: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column("claimed_at")
    ended_at_page: Mapped[str | None] = mapped_column(String(2000))
