"""The interface of a factor.

A factor is one module: what it stores, how it is challenged and proved, its pages, and its name in
tokens. The sign-in pages, the page "Your second step", `amr` and `acr` follow from the list.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement

from app.composition import Part
from app.refusal import Refusal
from identity.accounts.models import Account
from identity.credentials.take_back import Change


class FactorKind(enum.StrEnum):
    """Basis of a factor (NIST SP 800-63B-4, section 2)."""

    KNOWLEDGE = "something the person knows"
    POSSESSION = "something the person has"


@dataclass(frozen=True)
class Evidence:
    """Value of a proof in tokens.

    amr: the methods (RFC 8176, section 2). kinds: the bases of the factor that were shown; a
    passkey that verified its user shows both. phishing_resistant: a page of another origin cannot
    use the proof.
    """

    amr: tuple[str, ...]
    kinds: frozenset[FactorKind]
    phishing_resistant: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether this proof alone shows two kinds of factor."""
        return FactorKind.KNOWLEDGE in self.kinds and FactorKind.POSSESSION in self.kinds


@dataclass(frozen=True)
class ProofAccepted:
    """The answer was right and, where it is single-use, is now used up.

    set_at: when the credential was set that the answer was checked against, for a factor whose
    answer can be shown more than once.
    """

    factor: Factor
    evidence: Evidence
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
    template: gets `journey`, `form`, `mistake`, `wait`, `action` (where to post), `may_remember`
    (whether to offer the checkbox `remember`), `others` (the pages of the person's other factors)
    and the factor's `page_values`. instead: the link to this
    page on those. field: the form's field with the answer; one of more than `longest` characters
    counts as empty.
    """

    path: str
    endpoint: str
    template: str
    instead: str
    field: str = "code"
    longest: int = 200


@dataclass(frozen=True)
class WholeSignIn:
    """The form with which a factor signs a person in, or confirms them, without another one.

    path: below `/sign-in/` and, followed by `/confirm`, of the confirmation. template: a part of
    the pages "Sign in" and "Confirm it is you"; it gets `action` (where to post) and the factor's
    `page_values`. field, longest: as of `SignInPage`. refusal: the sentence about every answer that
    does not sign the person in.
    """

    path: str
    template: str
    field: str
    longest: int
    refusal: Refusal


@dataclass(frozen=True)
class SetUpProved:
    """A credential that has shown that it works.

    factor: name of its factor. store: stores it for an account, inside `writing()`, with the words
    for the device on which it was made, and returns the change that "this was not me" takes back.
    It raises RefusalError where the credential is somebody's already.
    """

    factor: str
    evidence: Evidence
    store: Callable[[int, str], Change]


class SetUp(ABC):
    """The set-up of a factor by a person who joins, or who replaces a lost second step.

    column: name of a column of JoinJourney and SecondStepJourney; it keeps the state until the
    factor has shown that it works. once: whether a rejected answer uses the state up.
    """

    column: str
    once: bool = False

    @abstractmethod
    def begin(self) -> str:
        """Return a new state, without a secret in clear."""

    @abstractmethod
    def prove(self, state: str, answer: str, /) -> SetUpProved | ProofRejected:
        """Check the first answer of the new credential."""

    @abstractmethod
    def page_values(self, state: str, email: str, /) -> Mapping[str, object]:
        """Return the values for the page, with the person's address."""


class Factor(ABC):
    """One way to prove who one is. `registry.FACTORS` lists all of them, in the order of use.

    name: stored with journeys and audit rows. evidence: the least that an accepted proof is worth.
    has_challenge: whether the page shows a challenge to answer. guessable: whether wrong answers
    are counted and make the next one wait. lasting: false where the factor is used up by its use.
    sign_in_page: None for a factor that is no second step.
    whole_sign_in: for a factor that may be the whole sign-in. set_up: for a factor that may be a
    person's first one. account_section: a template of the page "Your second step", on which the
    factor is set up; it gets `section`.
    """

    name: str
    evidence: Evidence
    has_challenge: bool = False
    guessable: bool = True
    lasting: bool = True
    sign_in_page: SignInPage | None = None
    whole_sign_in: WholeSignIn | None = None
    set_up: SetUp | None = None
    account_section: str | None = None

    def available(self) -> bool:
        """Return whether this installation offers the factor."""
        return True

    @abstractmethod
    def enrolled(self, account_id: int) -> bool:
        """Return whether this person has the factor and can show it now."""

    def enrolment(self, _account: BindParameter[int], /) -> ColumnElement[bool] | None:
        """Return the condition in SQL that this account has a credential of the factor.

        With it one statement asks about several factors at once (`registry`). None where
        `enrolled` has to be asked.
        """
        return None

    def challenge(self, _account_id: int | None, /) -> str:
        """Return a new challenge, inside `writing()`; called only where `has_challenge`.

        The account is None on the first page of a sign-in. The challenge is stored with the
        journey, handed to the page and to `prove`, and counts once. It holds no secret in clear: a
        factor that sends a code stores the hash of it.
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

    def account_of(self, _answer: str, /) -> int | None:
        """Return the person whose credential the answer names, before anything is proved."""
        return None

    def page_values(
        self, _account_id: int | None, challenge: str | None, /
    ) -> Mapping[str, object]:
        """Return the values for the factor's pages; None is a person who is not known yet."""
        return {"challenge": challenge}

    def signed_in(self, _account: Account, /) -> None:
        """Act on a sign-in with this factor, inside its transaction."""
        return

    def section(self, _account_id: int, /) -> Mapping[str, object]:
        """Return the values of `account_section` for this person."""
        return {}

    def summary(self, _account_id: int, /) -> str:
        """Return what the person has of this factor, for the list on their account page."""
        return self.name

    def parts(self) -> Iterable[Part]:
        """Return what the factor adds to an application: its own pages, purges and the like."""
        return ()
