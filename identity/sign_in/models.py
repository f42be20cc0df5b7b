"""Sign-ins under way, devices known to their owners, and counters of wrong guesses."""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Self

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base
from app.journeys import JourneyRow
from identity.sessions.levels import ONE_FACTOR


class JourneyKind(enum.StrEnum):
    """The purpose of a journey. A page accepts only journeys of its own kinds."""

    SIGN_IN = "sign_in"
    CONFIRM = "confirm"
    TERMS = "terms"


class SignInJourney(JourneyRow):
    """One way through the sign-in pages, bound to one browser.

    `resume_to` is a page of our own at which the page that began the journey continues.
    `account_id` is written once: with the first proof, or at the start where the person is known
    (`confirm`, `terms`). `proved` lists the factors that this person has shown in this journey.
    """

    __tablename__ = "sign_in_journey"

    kind: Mapped[str] = mapped_column(String(16))
    browser_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    resume_to: Mapped[str] = mapped_column(String(2000))
    cancel_to: Mapped[str | None] = mapped_column(String(2000))
    ends_at: Mapped[str | None] = mapped_column(String(2000))
    caption: Mapped[str | None] = mapped_column(String(400))
    client_id: Mapped[str | None] = mapped_column(String(64))
    """The client of the relying service that the person signs in to."""
    login_hint: Mapped[str | None] = mapped_column(String(254))
    fresh: Mapped[bool] = mapped_column(default=False)
    minimum_acr: Mapped[str] = mapped_column(String(100), default=ONE_FACTOR)
    """The level that the sign-in has to reach."""
    services: Mapped[list[str]] = mapped_column(default=list)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    confirms_session_id: Mapped[int | None]
    proved: Mapped[list[str]] = mapped_column(default=list)
    own_factors: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the person has to show factors of their account here, not at a provider."""
    origin: Mapped[dict[str, object] | None]
    """The sign-in at an organisation's provider that is the first proof (`Origin`)."""
    # The open challenge, and the factor that has to answer it.
    challenge: Mapped[str | None] = mapped_column(String(2000))
    challenge_of: Mapped[str | None] = mapped_column(String(40))
    challenges_made: Mapped[int] = mapped_column(default=0, server_default="0")
    # The sentence about the last answer, and the page that shows it: a POST is answered by a
    # redirect, so that Back and Reload never send an answer again.
    mistake: Mapped[str | None] = mapped_column(String(300))
    mistake_page: Mapped[str | None] = mapped_column(String(40))
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_sign_in_journey_account_id", "account_id"),)


@dataclass(frozen=True, slots=True)
class JourneySnapshot:
    """A sign-in journey as it was when it was read or last written.

    The fields are those of `SignInJourney`, which has the rows that are changed.
    """

    id: int
    public_id: str
    kind: str
    browser_hash: str
    expires_at: datetime
    resume_to: str
    cancel_to: str | None
    ends_at: str | None
    caption: str | None
    client_id: str | None
    login_hint: str | None
    fresh: bool
    minimum_acr: str
    services: list[str]
    account_id: int | None
    confirms_session_id: int | None
    proved: list[str]
    own_factors: bool
    origin: dict[str, object] | None
    challenge: str | None
    challenge_of: str | None
    mistake: str | None
    mistake_page: str | None
    finished_at: datetime | None

    @classmethod
    def from_row(cls, row: object) -> Self:
        """Return the journey in a row of the table."""
        return cls(*_columns_of(row))


_columns_of = attrgetter(*(each.name for each in fields(JourneySnapshot)))


class KnownDevice(Base):
    """A browser in which this person signed in fully: it is spared other people's guesses.

    The token is renewed at each sign-in, so a copy of the cookie dies with the next one.
    `second_step` is the name of the lasting factor that was shown last in this browser.
    """

    __tablename__ = "known_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    second_step: Mapped[str | None] = mapped_column(String(30))

    __table_args__ = (
        Index("ix_known_device_token_hash_account_id", "token_hash", "account_id", unique=True),
        Index("ix_known_device_account_id", "account_id"),
    )


class AttemptBucket(Base):
    """Wrong guesses under one name (an account, a network, a pair of them, a device)."""

    __tablename__ = "attempt_bucket"

    name: Mapped[str] = mapped_column(String(160), primary_key=True)
    failures: Mapped[int]
    last_failure_at: Mapped[datetime | None] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]
