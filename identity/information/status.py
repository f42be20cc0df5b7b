"""Whether the service works at the moment, in words for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from app.health.checks import details, failures
from identity.settings import settings


@dataclass(frozen=True)
class Status:
    """The state of the service. contact: the support address."""

    works: bool
    mails_delayed: bool
    contact: str | None


def status() -> Status:
    """Return the state of the service, within a second also where the database does not answer."""
    works = not failures()
    return Status(
        works=works,
        mails_delayed=works and "mails" in details(),
        contact=settings().support_email,
    )
