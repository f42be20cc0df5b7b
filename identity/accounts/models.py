"""People and their invitations. A person is one account, however many organisations."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, func, literal_column, text
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app.clock import now
from app.database import Base
from app.database.dated_rows import OPEN, DatedRow
from app.identifiers import new_id
from app.journeys import JourneyRow
from identity.accounts.person import full_name, is_active
from identity.email_address import MAX_LENGTH, EmailAddress


class InvitationState(enum.StrEnum):
    """State of an invitation; expiry is a matter of `expires_at`, not of the state."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Neither answered nor sent again for a long time after it expired."""


class Account(Base):
    """One person. `subject` is the OpenID Connect `sub` and is never given to anybody else."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    email: Mapped[str] = mapped_column(String(MAX_LENGTH))
    email_key: Mapped[str] = mapped_column(String(MAX_LENGTH), unique=True)
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    joined_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now)
    last_signed_in_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    access_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Raised by triggers with each change of what the person may do (migration 0019)."""
    closing_counted_from: Mapped[datetime | None]
    """The moment before which days without membership do not count: that of an upgrade."""
    closing_announced_at: Mapped[datetime | None]
    """The moment at which the person was last told that the account will be closed."""
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    """A closed account is suspended as well, for good, and no address leads to it."""
    erased_at: Mapped[datetime | None]

    @property
    def address(self) -> EmailAddress:
        """The email address as one value."""
        return EmailAddress(self.email, self.email_key)

    @property
    def name(self) -> str:
        """Return the name as pages and claims show it."""
        return full_name(self.given_name, self.family_name)

    @hybrid_property
    def suspended(self) -> bool:
        """Whether the account is suspended now; as SQL too."""
        return self.suspended_at is not None

    @suspended.inplace.expression
    @classmethod
    def _suspended_sql(cls) -> ColumnElement[bool]:
        return cls.suspended_at.is_not(None)

    @property
    def active(self) -> bool:
        """Whether the person has joined and is not suspended."""
        return is_active(self.joined_at, self.suspended_at)

    @property
    def status(self) -> str:
        """The state of the account for operators: joined, suspended, closed or erased."""
        if self.closed_at is not None:
            return "closed" if self.erased_at is None else "erased"
        return "suspended" if self.suspended else "joined"


def by_name() -> tuple[ColumnElement[object] | InstrumentedAttribute[object], ...]:
    """Return the order of a list of accounts: by last name, or by the only name that there is."""
    last = func.coalesce(func.nullif(Account.family_name, literal_column("''")), Account.given_name)
    return last, Account.given_name, Account.id


class Suspension(DatedRow, Base):
    """One spell in which an account was suspended; open while `valid_to` is none.

    `Account.suspended_at` says whether the account is suspended now. These rows say it of any past
    moment: `administration.suspension` writes both in one transaction.
    """

    __tablename__ = "account_suspension"
    __table_args__ = (
        Index(
            "ux_account_suspension_open",
            "account_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_account_suspension_account_id", "account_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


IS_OPEN = text("state = 'open'")
"""Condition of the partial index over invitations that were not answered."""

NOT_ERASED = text("account_id IS NULL AND erased_at IS NULL")
"""Condition of the partial index over invitations of people who never joined."""


def _has_expired(invitation: Invitation, at: datetime) -> bool:
    return invitation.expires_at <= at


def _has_expired_sql(table: type[Invitation], at: datetime) -> ColumnElement[bool]:
    return table.expires_at <= at


def _can_be_answered(invitation: Invitation, at: datetime) -> bool:
    return invitation.state == InvitationState.OPEN and not invitation.has_expired(at)


def _can_be_answered_sql(table: type[Invitation], at: datetime) -> ColumnElement[bool]:
    return and_(table.state == InvitationState.OPEN.value, table.expires_at > at)


class Invitation(Base):
    """An offer to one address. Only the hash of the link's token is kept, and it goes when used.

    has_expired(at): whether its time is over, whatever jobs have run. can_be_answered(at): whether
    its link can be answered at the moment. Both are SQL as well.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(MAX_LENGTH))
    email_key: Mapped[str] = mapped_column(String(MAX_LENGTH))
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default=InvitationState.OPEN.value)
    invited_by: Mapped[str] = mapped_column(String(400))
    """The person's name; empty where a command invites."""
    sender: Mapped[str] = mapped_column(String(36), server_default="")
    """Public id of the organisation that invites; empty where the operators of the service do.

    `invitations.REGISTRATION` where the person asked for the link themselves.
    """
    organisation_name: Mapped[str | None] = mapped_column(String(400))
    renewal_asked_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None]
    lapse_counted_from: Mapped[datetime | None]
    """The moment before which days after the expiry do not count: that of an upgrade."""
    erased_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_invitation_email_key_state", "email_key", "state"),
        Index("ix_invitation_account_id_sender", "account_id", "sender"),
        Index(
            "ix_invitation_open",
            "expires_at",
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index(
            "ix_invitation_not_erased",
            "closed_at",
            sqlite_where=NOT_ERASED,
            postgresql_where=NOT_ERASED,
        ),
    )

    has_expired = hybrid_method(_has_expired, _has_expired_sql)
    can_be_answered = hybrid_method(_can_be_answered, _can_be_answered_sql)

    @property
    def address(self) -> EmailAddress:
        """The email address as one value."""
        return EmailAddress(self.email, self.email_key)

    @property
    def name(self) -> str:
        """The name that the inviting person entered."""
        return full_name(self.given_name, self.family_name)


class InvitationMail(Base):
    """An invitation mail that was sent, for the limit on them."""

    __tablename__ = "invitation_mail"
    __table_args__ = (
        Index("ix_invitation_mail_sender_email_key", "sender", "email_key", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(36))
    email_key: Mapped[str] = mapped_column(String(MAX_LENGTH))
    sent_at: Mapped[datetime]


class Registration(Base):
    """An address for which somebody asked for an account lately. Its row is locked by the next."""

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str] = mapped_column(String(MAX_LENGTH), unique=True)
    asked_at: Mapped[datetime]


class JoinJourney(JourneyRow):
    """A person on the way through /join: bound to one browser, worth nothing without its secret.

    The invitation is claimed only at the last step, so a journey that breaks off leaves the link
    usable; what was entered stays here until then, secrets encrypted or hashed.
    """

    __tablename__ = "join_journey"

    browser_hash: Mapped[str] = mapped_column(String(64))
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    # The link's token hash at the time: a resent or corrected invitation kills older journeys.
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    given_name: Mapped[str | None] = mapped_column(String(200))
    family_name: Mapped[str | None] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(400))
    passkey_enrolment: Mapped[str | None] = mapped_column(String(400))
    identity: Mapped[dict[str, object] | None]
    """The identity of an organisation's provider with which the person joins."""
    finished_at: Mapped[datetime | None]

    @property
    def has_names(self) -> bool:
        """Whether the page that asks for the name was answered."""
        return self.given_name is not None
