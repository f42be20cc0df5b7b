"""A person, however the account was read, and what follows from its columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from app.actors import Actor
from identity.email_address import EmailAddress


class Person(Protocol):
    """Facts about an account that tokens, claims and the port need."""

    @property
    def id(self) -> int: ...

    @property
    def subject(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def address(self) -> EmailAddress: ...

    @property
    def given_name(self) -> str: ...

    @property
    def family_name(self) -> str: ...

    @property
    def updated_at(self) -> datetime: ...

    @property
    def name(self) -> str: ...

    @property
    def suspended(self) -> bool: ...

    @property
    def active(self) -> bool: ...


@dataclass(frozen=True)
class PersonalDetails:
    """A person's name and email address at one moment, such as before a change."""

    given_name: str
    family_name: str
    email: str

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return the details that the person has now."""
        return cls(person.given_name, person.family_name, person.email)

    @property
    def name(self) -> str:
        return full_name(self.given_name, self.family_name)


def full_name(given_name: str, family_name: str) -> str:
    """Return the name as pages and claims show it."""
    return f"{given_name} {family_name}".strip()


def is_active(joined_at: datetime | None, suspended_at: datetime | None) -> bool:
    """Return whether somebody has joined and is not suspended."""
    return joined_at is not None and suspended_at is None


def actor_of(account: Person) -> Actor:
    """Return the account as the actor of audited changes."""
    return Actor("person", account.subject, account.name)
