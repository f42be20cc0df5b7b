"""The pseudonym under which the evidence about an erased person stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from identity.accounts.models import Account, Invitation


@dataclass(frozen=True)
class Pseudonym:
    """Name and address in place of a person's own; the same for the same person everywhere.

    code: the random end of the subject, or of the invitation of a person who never joined. Both
    stay as the person's identifier in the evidence.
    """

    code: str

    @classmethod
    def of(cls, person: Account | Invitation) -> Self:
        """Return the person's pseudonym."""
        identifier = person.subject if isinstance(person, Account) else person.public_id
        return cls(identifier[-12:])

    @property
    def name(self) -> str:
        return f"Former user {self.code}"

    @property
    def email(self) -> str:
        """An address at which no mail can arrive (RFC 2606, section 2)."""
        return f"{self.code}@erased.invalid"
