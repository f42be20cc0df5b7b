"""Storage of a new second step that is being set up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.journeys import JourneyRow


class SecondStepJourney(JourneyRow):
    """The set-up of a new second step, after the link was opened and the password proved.

    Bound to one browser. `password_set_at` tells which password was proved: another one ends the
    journey.
    """

    __tablename__ = "second_step_journey"

    browser_hash: Mapped[str] = mapped_column(String(64))
    reset_id: Mapped[int] = mapped_column(ForeignKey("password_reset.id", ondelete="CASCADE"))
    password_set_at: Mapped[datetime]
    totp_secret: Mapped[str] = mapped_column("sealed_secret", String(400))
    passkey_enrolment: Mapped[str | None] = mapped_column(String(400))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
