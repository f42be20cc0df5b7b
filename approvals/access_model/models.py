"""The access model in the database: services, the versions of their files, and whom they list."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Service(Base):
    """A relying service, known by the code that its file gives it."""

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime]


class ServiceVersion(Base):
    """One loaded state of a service's file. A row is never changed or deleted.

    It is in force from `valid_from` until the next version's; a moment before the first version is
    answered from the first (docs/decisions/0023).
    `definition` is the file's content as `definition.ServiceDefinition` writes it, `sha256` the
    hash of that content, so that comments and layout make no version.
    """

    __tablename__ = "service_version"
    __table_args__ = (
        UniqueConstraint("service_id", "number"),
        Index("ix_service_version_in_force", "service_id", "valid_from", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    number: Mapped[int]
    valid_from: Mapped[datetime]
    definition: Mapped[dict[str, object]]
    sha256: Mapped[str] = mapped_column(String(64))
    loaded_by: Mapped[str] = mapped_column(String(200))


class ListedOrganisation(Base):
    """Which organisation a service's file means by a key of its list of organisations.

    Settled once, when the key is first loaded; a later version that names the key means the same
    organisation, whatever that is called by then.
    """

    __tablename__ = "service_organisation"
    __table_args__ = (UniqueConstraint("service_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    key: Mapped[str] = mapped_column(String(100))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
