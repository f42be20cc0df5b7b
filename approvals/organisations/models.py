"""Organisations, what the register said about them and when, and what follows for any day.

Three layers. `RegisterFile` and `RegisterStatement` keep what each imported file said: they are the
evidence. `OrganisationPeriod`, `TrustLink` and `SchoolLink` are worked out from the statements
alone (timeline.py), so that they come out the same in whatever order the files are imported.
`Organisation` is what other rooms refer to; its row is never deleted.

Days are whole days; an interval holds `valid_from` and all days before `valid_to`. A period without
a known beginning starts at BEGINNING, one without an end ends at END: days, not nulls, so that one
comparison serves all.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.database import Base
from app.database.dated_rows import PeriodOfDays
from app.identifiers import new_id
from app.text_search import plain_letters
from approvals.organisations.kinds import Kind, KindFacts, facts_of
from approvals.organisations.register.statuses import BEGINNING, END

__all__ = [
    "BEGINNING",
    "END",
    "Organisation",
    "OrganisationPeriod",
    "RegisterFile",
    "RegisterStatement",
    "SchoolLink",
    "TrustLink",
]


SEARCH_LENGTH = 250


def search_name(name: str) -> str:
    """Return the name as searches look through it, and as lists are ordered by it."""
    return plain_letters(name)[:SEARCH_LENGTH]


class Organisation(Base):
    """A school, a trust, a local authority or another body, as it is by the newest knowledge.

    `key` identifies it inside the register ("urn:100000", "uid:1700", "la:201", "diocese:CE23");
    a body without such an identifier has "hand:" and its public id. For a school `la_code` and
    `diocese_code` say to whom it belongs; for those bodies themselves they say who they are.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        Index("ix_organisation_kind_search_name", "kind", "search_name"),
        Index("ix_organisation_kind_la_code", "kind", "la_code"),
        Index("ix_organisation_kind_diocese_code", "kind", "diocese_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(250))
    search_name: Mapped[str] = mapped_column(String(SEARCH_LENGTH))
    urn: Mapped[str | None] = mapped_column(String(6), unique=True)
    uid: Mapped[str | None] = mapped_column(String(8), unique=True)
    la_code: Mapped[str | None] = mapped_column(String(3))
    diocese_code: Mapped[str | None] = mapped_column(String(8))
    ukprn: Mapped[str | None] = mapped_column(String(8), index=True)
    establishment_number: Mapped[str | None] = mapped_column(String(4))
    group_id: Mapped[str | None] = mapped_column(String(12))
    companies_house_number: Mapped[str | None] = mapped_column(String(8))
    type_code: Mapped[str | None] = mapped_column(String(2))
    status_code: Mapped[str | None] = mapped_column(String(2))
    opened_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    phase_code: Mapped[str | None] = mapped_column(String(1))
    low_age: Mapped[int | None]
    high_age: Mapped[int | None]
    region_code: Mapped[str | None] = mapped_column(String(1))
    address: Mapped[str | None] = mapped_column(String(250))
    town: Mapped[str | None] = mapped_column(String(100))
    postcode: Mapped[str | None] = mapped_column(String(10))
    known_from: Mapped[date | None] = mapped_column(Date)
    la_known_from: Mapped[date | None] = mapped_column(Date)
    diocese_known_from: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def facts(self) -> KindFacts:
        """Facts of every organisation of this kind."""
        return facts_of(self.kind)

    @property
    def identifier(self) -> str | None:
        """URN, UID, LA code, diocese code or UKPRN, whichever its kind goes by."""
        attribute = self.facts.identifier
        return getattr(self, attribute) if attribute else None

    @property
    def hint(self) -> str:
        """Distinguishes it from its namesakes: "URN 100000, London"."""
        facts = self.facts
        identifier = f"{facts.identifier_label} {self.identifier}" if self.identifier else ""
        return ", ".join(part for part in (identifier or facts.name, self.town) if part)

    @property
    def is_school(self) -> bool:
        return self.kind == Kind.ESTABLISHMENT


class OrganisationPeriod(PeriodOfDays, Base):
    """State of a school or trust on the days from `valid_from` until before `valid_to`.

    The periods of an organisation cover all days without gap or overlap.
    """

    __tablename__ = "organisation_period"
    __table_args__ = (
        Index("ix_organisation_period_la", "la_code", "valid_from"),
        Index("ix_organisation_period_diocese", "diocese_code", "valid_from"),
        UniqueConstraint("organisation_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    open: Mapped[bool]
    name: Mapped[str] = mapped_column(String(250))
    type_code: Mapped[str | None] = mapped_column(String(2))
    status_code: Mapped[str | None] = mapped_column(String(2))
    la_code: Mapped[str | None] = mapped_column(String(3))
    diocese_code: Mapped[str | None] = mapped_column(String(8))


class TrustLink(PeriodOfDays, Base):
    """A school in a multi- or single-academy trust. On no day is a school in two.

    Before `known_from` it rests on the first file alone: the earliest that is known.
    """

    __tablename__ = "trust_link"
    __table_args__ = (
        Index("ix_trust_link_trust_id", "trust_id", "valid_from"),
        UniqueConstraint("organisation_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    trust_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    known_from: Mapped[date] = mapped_column(Date)


class SchoolLink(Base):
    """A predecessor or successor, by the newest files. The other school may be unknown to us."""

    __tablename__ = "school_link"
    __table_args__ = (
        UniqueConstraint("urn", "link_urn", "link_type"),
        Index("ix_school_link_link_urn", "link_urn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    urn: Mapped[str] = mapped_column(String(6))
    link_urn: Mapped[str] = mapped_column(String(6))
    link_type: Mapped[str] = mapped_column(String(80))
    relation: Mapped[str] = mapped_column(String(12))
    established_on: Mapped[date | None] = mapped_column(Date)


class RegisterFile(Base):
    """A register file that was imported, with the account of its rows."""

    __tablename__ = "register_file"
    __table_args__ = (UniqueConstraint("family", "stated_on", "sha256", "complete"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    family: Mapped[str] = mapped_column(String(40))
    stated_on: Mapped[date] = mapped_column(Date)
    complete: Mapped[bool]
    name: Mapped[str] = mapped_column(String(250))
    sha256: Mapped[str] = mapped_column(String(64))
    account: Mapped[dict[str, object]]
    imported_at: Mapped[datetime] = mapped_column(default=now)


class RegisterStatement(Base):
    """Statement of one family's files about one subject from `stated_on` on, as a change.

    A complete file that says the same as the one before adds no row: its date stands in
    `RegisterFile`, and what it said is the newest row not after it. `facts` is JSON in one
    canonical form; null means that a complete file did not mention the subject.
    """

    __tablename__ = "register_statement"

    family: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    stated_on: Mapped[date] = mapped_column(Date, primary_key=True)
    facts: Mapped[str | None] = mapped_column(Text)
