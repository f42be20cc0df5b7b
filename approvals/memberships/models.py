"""People in organisations: who belongs, approves and holds which user group, from when to when.

Every row has a beginning and an end. A row that decided access is closed, never changed or
deleted (docs/decisions/0004), so that any past day can be answered from it. A row with
``valid_to`` none is open; a grant may carry an end that lies ahead.
"""

from __future__ import annotations

import enum
import unicodedata
from datetime import date, datetime

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.database import Base
from app.database.dated_rows import OPEN, DatedRow
from app.identifiers import new_id
from app.journeys import JourneyRow
from app.text_search import plain_letters
from identity.accounts.person import full_name
from identity.email_address import EmailAddress

ENDED = text("valid_to IS NOT NULL")
"""Condition of the partial index over memberships that have ended."""


NOT_REMINDED = text("valid_to IS NOT NULL AND reminded_at IS NULL")
"""Condition of the partial index over grants whose end is to be reminded of."""


SORT_LENGTH, SEARCH_LENGTH = 402, 724
"""Characters kept of the two texts. Compatible forms of one letter can be 18 letters long."""


def sort_key(given_name: str, family_name: str, email: str) -> str:
    """Return the key that orders lists of people: family name first.

    Neither case nor how letters are composed counts.
    """
    text = f"{family_name} {given_name}".strip() or email
    return unicodedata.normalize("NFKC", text).casefold()[:SORT_LENGTH]


def search_key(given_name: str, family_name: str, email: str) -> str:
    """Return the text that a search in the list looks through."""
    return plain_letters(f"{given_name} {family_name} {email}")[:SEARCH_LENGTH]


def _parameters(context: DefaultExecutionContext) -> dict[str, str]:
    parameters: dict[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return parameters


def _sort_name(context: DefaultExecutionContext) -> str:
    row = _parameters(context)
    return sort_key(row["given_name"], row["family_name"], row["email"])


def _search_text(context: DefaultExecutionContext) -> str:
    row = _parameters(context)
    return search_key(row["given_name"], row["family_name"], row["email"])


class Membership(DatedRow, Base):
    """One person in one organisation, from the invitation on.

    ``account_id`` is none until the invitation is accepted; the person has joined when
    ``joined_at`` is set. A new spell in the same organisation is a new row. Name and address are
    those that the approver gave, and the person's own from the day of joining.
    """

    __tablename__ = "membership"
    __table_args__ = (
        # One open membership for an address, and for a person, in an organisation.
        Index(
            "ux_membership_open_email",
            "organisation_id",
            "email_key",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index(
            "ux_membership_open_account",
            "organisation_id",
            "account_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        # The list of an organisation's people in its order, a page at a time.
        Index(
            "ix_membership_list",
            "organisation_id",
            "sort_name",
            "id",
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        # The list of people who have left, the latest first.
        Index(
            "ix_membership_former",
            "organisation_id",
            "valid_to",
            "id",
            sqlite_where=ENDED,
            postgresql_where=ENDED,
        ),
        Index("ix_membership_account", "account_id", "organisation_id", "valid_to"),
        Index("ix_membership_organisation", "organisation_id", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), unique=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    sort_name: Mapped[str] = mapped_column(String(SORT_LENGTH), default=_sort_name)
    search_text: Mapped[str] = mapped_column(String(SEARCH_LENGTH), default=_search_text)
    joined_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    """Since when the membership is suspended, whatever the cause; `MembershipSuspension` has each
    cause, and past moments. `suspension` writes both."""
    ended_cause: Mapped[str | None] = mapped_column(String(40))
    ended_by: Mapped[str | None] = mapped_column(String(200))
    """The subject of the person, or the name of the command, that ended the membership."""
    undo_until: Mapped[datetime | None]
    """The moment until which approvers can undo the removal that ended the membership."""
    dormancy_warned_at: Mapped[datetime | None]
    """The moment at which the person was last warned that unused access will be suspended."""

    appointments: Mapped[list[Appointment]] = relationship(
        back_populates="membership", order_by="Appointment.id", lazy="raise_on_sql"
    )
    # By reference and not by name: the provider's token families are a `Grant` as well.
    grants: Mapped[list[Grant]] = relationship(
        lambda: Grant, back_populates="membership", order_by=lambda: Grant.id, lazy="raise_on_sql"
    )

    @property
    def name(self) -> str:
        """The person's name, or the address where no name is known."""
        return full_name(self.given_name, self.family_name) or self.email

    @hybrid_property
    def is_approver(self) -> bool:
        """Whether the membership has an open appointment; as SQL too."""
        return any(appointment.open for appointment in self.appointments)

    @is_approver.inplace.expression
    @classmethod
    def _is_approver_sql(cls) -> ColumnElement[bool]:
        return cls.appointments.any(Appointment.open)

    @property
    def address(self) -> EmailAddress:
        """The email address as one value."""
        return EmailAddress(self.email, self.email_key)

    def describe(self, *, email: EmailAddress, given_name: str, family_name: str) -> None:
        """Set who this is, with the keys that the list sorts and searches by."""
        self.email = email.text
        self.email_key = email.key
        self.given_name = given_name
        self.family_name = family_name
        self.sort_name = sort_key(given_name, family_name, email.text)
        self.search_text = search_key(given_name, family_name, email.text)


class SuspensionKind(enum.StrEnum):
    """The ground on which a membership is suspended."""

    APPROVER = "approver"
    """An approver of the organisation suspended it."""
    CONNECTION = "connection"
    """The organisation's own sign-in, by which the person signed in, was switched off."""
    RESET = "reset"
    """The second step was reset by others: an approver of the organisation has to agree."""
    DORMANCY = "dormancy"
    """The access was not used for a long time."""


class MembershipSuspension(DatedRow, Base):
    """A spell in which a membership gives no access, until an approver decides.

    A membership may be suspended for several causes at once, one of each kind; it gives access
    again when the last one has ended. ``cause`` is the end of a sentence for people to read,
    ``reason`` the text that an approver entered. ``suspended_by`` and ``ended_by`` are subjects or
    names of commands.
    """

    __tablename__ = "membership_suspension"
    __table_args__ = (
        Index(
            "ux_membership_suspension_open_kind",
            "membership_id",
            "kind",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_membership_suspension_membership_id", "membership_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    kind: Mapped[str] = mapped_column(String(20), server_default=SuspensionKind.CONNECTION.value)
    cause: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str | None] = mapped_column(String(500))
    suspended_by: Mapped[str | None] = mapped_column(String(200))
    ended_by: Mapped[str | None] = mapped_column(String(200))


class Appointment(DatedRow, Base):
    """Being an approver of the membership's organisation."""

    __tablename__ = "appointment"
    __table_args__ = (
        Index(
            "ux_appointment_open",
            "membership_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)

    membership: Mapped[Membership] = relationship(
        back_populates="appointments", lazy="raise_on_sql"
    )


class StandIn(DatedRow, Base):
    """A spell in which a member who is no approver can act as one, from a first to a last day.

    A spell always has an end, so that it ends without any act. One that was ended early keeps its
    end in ``planned_to``; one that had not begun then begins and ends at the same moment.
    ``named_by`` and ``ended_by`` are subjects or names of commands.
    """

    __tablename__ = "stand_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    valid_to: Mapped[datetime | None] = mapped_column(nullable=False)
    planned_to: Mapped[datetime | None]
    named_by: Mapped[str] = mapped_column(String(200))
    ended_by: Mapped[str | None] = mapped_column(String(200))


class LastUse(Base):
    """The last time that a person entered a service for an organisation, as `last_uses` noted it.

    The audit has each entry. Lists read this row, as one person may have thousands of entries.
    """

    __tablename__ = "last_use"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    at: Mapped[datetime]


class Grant(DatedRow, Base):
    """A user group of a service, held through a membership.

    It counts from ``valid_from`` until just before ``valid_to``; the decision honours both at the
    moment it is asked. ``given_by`` is the subject of a person or the name of a command.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        Index(
            "ux_access_grant_open",
            "membership_id",
            "service",
            "user_group",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_access_grant_membership", "membership_id", "service", "user_group", "valid_to"),
        Index(
            "ix_access_grant_ending",
            "valid_to",
            sqlite_where=NOT_REMINDED,
            postgresql_where=NOT_REMINDED,
        ),
        # Counting people by user group on a day (the report), without reading every grant.
        Index("ix_access_grant_report", "service", "user_group", "valid_from", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    service: Mapped[str] = mapped_column(String(100))
    user_group: Mapped[str] = mapped_column(String(100))
    given_by: Mapped[str] = mapped_column(String(200))
    ended_cause: Mapped[str | None] = mapped_column(String(40))
    planned_to: Mapped[datetime | None]
    """The end that a grant had before it was closed early."""
    reminded_at: Mapped[datetime | None]
    """The moment at which the person and the approvers were reminded of the end."""

    membership: Mapped[Membership] = relationship(back_populates="grants", lazy="raise_on_sql")


class WeeklyReport(Base):
    """A week, by its Monday, whose mail about organisations at risk was sent."""

    __tablename__ = "weekly_report"

    week: Mapped[date] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]


class Journey(JourneyRow):
    """Answers so far on a journey of pages (adding a user, changing a user group).

    It belongs to the person who began it and to one organisation (docs/decisions/0021).
    """

    __tablename__ = "membership_journey"

    kind: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    answers: Mapped[dict[str, object]] = mapped_column(JSON(none_as_null=True), default=dict)
    created_at: Mapped[datetime] = mapped_column("started_at", default=now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column("done_at")
    # Counts the changes of the answers: a check page acts only on the answers that it showed.
    version: Mapped[int] = mapped_column(default=0)
