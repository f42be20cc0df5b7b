"""The interface of a factor.

A factor is one module: what it stores, how it is challenged and proved, its pages, and its name in
tokens. The sign-in pages, the page "Your second step", `amr` and `acr` follow from the list.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.composition import Part
from app.refusal import Refusal
from identity.accounts.models import Account


class FactorKind(enum.StrEnum):
    """Basis of a factor (NIST SP 800-63B-4, section 2)."""

    KNOWLEDGE = "something the person knows"
    POSSESSION = "something the person has"


@dataclass(frozen=True)
class ProofAccepted:
    """The answer was right and, where it is single-use, is now used up.

    set_at: when the credential was set that the answer was checked against, for a factor whose
    answer can be shown more than once.
    """

    factor: Factor
    set_at: datetime | None = None


@dataclass(frozen=True)
class ProofRejected:
    """The answer was not accepted. counts: whether it was a guess."""

    refusal: Refusal
    counts: bool = True


@dataclass(frozen=True)
class SignInPage:
    """The page on which a factor is shown as the second step of a sign-in or a confirmation.

    path: below `/sign-in/`. endpoint: of its GET; that of its POST begins with `submit_`.
    template: gets `journey`, `form`, `mistake`, `wait`, `action` (where to post), `challenge` and
    `others` (the pages of the person's other factors). instead: the link to this page on those.
    field: the form's field with the answer, of `longest` characters at most.
    """

    path: str
    endpoint: str
    template: str
    instead: str
    field: str = "code"
    longest: int = 200


class Factor(ABC):
    """One way to prove who one is. `registry.FACTORS` lists all of them, in the order of use.

    name: stored with journeys and audit rows. amr: the value in tokens (RFC 8176, section 2).
    kinds: the bases of the factor; a passkey that verifies its user has two. sign_in_page: None for
    a factor that is no second step. has_challenge: whether the page shows a challenge to answer.
    account_section: a template of the page "Your second step", on which the factor is set up; it
    gets `section`.
    """

    name: str
    amr: str
    kinds: frozenset[FactorKind]
    phishing_resistant: bool = False
    has_challenge: bool = False
    sign_in_page: SignInPage | None = None
    account_section: str | None = None

    @abstractmethod
    def enrolled(self, account_id: int) -> bool:
        """Return whether this person has the factor and can show it now."""

    def challenge(self, _account_id: int, /) -> str:
        """Return a new challenge, inside `writing()`; called only where `has_challenge`.

        It is stored with the journey, handed to the page and to `prove`, and counts once. It holds
        no secret in clear: a factor that sends a code stores the hash of it.
        """
        raise NotImplementedError(f"{self.name} has no challenge")

    @abstractmethod
    def prove(
        self, account_id: int | None, answer: str, challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        """Check the answer; it claims what is single-use. None stands for an unknown person.

        challenge: the one of this journey; None where there is none or it was used.
        """

    @abstractmethod
    def forget(self, account_id: int, /) -> None:
        """Delete the person's credentials of this factor, inside `writing()`."""

    def signed_in(self, _account: Account, /) -> None:
        """Act on a sign-in with this factor, inside its transaction."""
        return

    def section(self, _account_id: int, /) -> Mapping[str, object]:
        """Return the values of `account_section` for this person."""
        return {}

    def parts(self) -> Iterable[Part]:
        """Return what the factor adds to an application: its own pages, purges and the like."""
        return ()
