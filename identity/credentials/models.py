"""Storage of each factor, of reset links, and of enrolments in progress."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base
from app.identifiers import new_id
from app.journeys import JourneyRow


class PasswordCredential(Base):
    """An argon2id hash; its parameters are part of it."""

    __tablename__ = "password_credential"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column(default=now)


class TotpCredential(Base):
    """An authenticator app. `last_step` is the last time step whose code was accepted."""

    __tablename__ = "totp_credential"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(String(400))
    last_step: Mapped[int]
    enrolled_at: Mapped[datetime] = mapped_column(default=now)


class UsedTotpStep(Base):
    """A time step whose code was accepted. The row is the claim: it is there once."""

    __tablename__ = "used_totp_step"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)


class TotpEnrolment(JourneyRow):
    """A change of the authenticator app that waits for its first code, bound to one session."""

    __tablename__ = "totp_enrolment"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    sealed_secret: Mapped[str] = mapped_column(String(400))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]


class PasskeyUser(Base):
    """The random user handle under which a person's passkeys are made (WebAuthn, 14.6.1)."""

    __tablename__ = "passkey_user"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    handle: Mapped[str] = mapped_column(String(86), unique=True)


class Passkey(Base):
    """A WebAuthn credential. `sign_count` is the highest that its authenticator has shown.

    backup_eligible: the key is copied between devices. backed_up: a copy exists, as the last use
    said.
    """

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(String(4000))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]]
    aaguid: Mapped[str] = mapped_column(String(36))
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class PasskeyEnrolment(JourneyRow):
    """A passkey that is being made, bound to one session. `challenge` counts once."""

    __tablename__ = "passkey_enrolment"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    challenge: Mapped[str] = mapped_column(String(86))
    continue_to: Mapped[str] = mapped_column(String(2000))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One saved code, hashed. A used one stays, so that how many are left can be told."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_recovery_code_account_id_code_hash", "account_id", "code_hash", unique=True),
    )


class RecoveryCodesShown(JourneyRow):
    """Codes just made, encrypted, until their owner says that they are saved or the time is up."""

    __tablename__ = "recovery_codes_shown"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    sealed_codes: Mapped[str] = mapped_column(String(2000))
    continue_to: Mapped[str] = mapped_column(String(2000))
    expires_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def of_new_account(self) -> bool:
        """Return whether the codes are shown to a person who joins."""
        return self.continue_to.startswith("/join/")


class PasswordReset(Base):
    """A link to a new password, or a mail that explains why there is none.

    One row is written for every request, whether or not the address has an account, so that
    nobody can tell the two apart. `purpose` binds the link to its own route.
    """

    __tablename__ = "password_reset"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    email_key: Mapped[str] = mapped_column(String(254))
    # Counts the requests of one address: two at one instant cannot both take a number. Links that
    # nobody asked for have none.
    number: Mapped[int | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    # The change that the mail tells of (`take_back.Change`), for a link of "this was not me".
    change: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    # The browser that used the link may try to sign in whatever others guess meanwhile.
    used_by_browser: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_password_reset_email_key_number", "email_key", "number", unique=True),
        Index("ix_password_reset_account_id", "account_id"),
    )


class ResetJourney(JourneyRow):
    """A reset link as opened in one browser; the token itself has left the address."""

    __tablename__ = "reset_journey"

    browser_hash: Mapped[str] = mapped_column(String(64))
    reset_id: Mapped[int] = mapped_column(ForeignKey("password_reset.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
