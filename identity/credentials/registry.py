"""The factors there are, and what signing in with some of them is worth."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from flask import Flask
from sqlalchemy import bindparam, select

from app.database import CompiledQuery
from identity.credentials.factor import (
    Evidence,
    Factor,
    FactorKind,
    SetUp,
    SignInPage,
    WholeSignIn,
)
from identity.credentials.passkeys import PASSKEY
from identity.credentials.password import PASSWORD
from identity.credentials.recovery_codes import RECOVERY_CODE
from identity.credentials.totp import TOTP
from identity.sessions.levels import ONE_FACTOR, PHISHING_RESISTANT, TWO_FACTORS

FACTORS: tuple[Factor, ...] = (PASSWORD, PASSKEY, TOTP, RECOVERY_CODE)


def add_parts_of_factors(app: Flask) -> None:
    """Add to the application what each factor adds."""
    for each in FACTORS:
        for part in each.parts():
            part(app)


def factor(name: str) -> Factor:
    """Return the factor of that name. Raises KeyError."""
    return {each.name: each for each in FACTORS}[name]


def second_steps() -> list[tuple[Factor, SignInPage]]:
    """Return the factors that can be a second step: a possession, with a page; in their order."""
    return [
        (each, each.sign_in_page)
        for each in FACTORS
        if each.sign_in_page is not None and FactorKind.POSSESSION in each.evidence.kinds
    ]


def set_ups() -> list[SetUp]:
    """Return the set-ups of all factors that a person may have as their first."""
    return [each.set_up for each in FACTORS if each.set_up is not None]


def offered_set_up(name: str) -> SetUp | None:
    """Return the set-up of that factor where this installation offers it, or None."""
    found = factor(name)
    return found.set_up if found.available() else None


def phishing_resistant_factors() -> list[Factor]:
    """Return the factors that are offered here and resist phishing."""
    return [each for each in FACTORS if each.evidence.phishing_resistant and each.available()]


def summaries(account_id: int) -> list[str]:
    """Return the person's factors of the second step in words, such as "2 passkeys"."""
    shown = tuple(each for each in FACTORS if each.account_section is not None)
    return [each.summary(account_id) for each in enrolled_factors(account_id, shown)]


def guessable_codes() -> list[str]:
    """Return the names of the second steps whose answers can be guessed."""
    return [each.name for each, _page in second_steps() if each.guessable]


def whole_sign_in() -> tuple[Factor, WholeSignIn] | None:
    """Return the first factor that may be the whole sign-in and is offered here, or None.

    A journey keeps one challenge, so its first page offers one such factor.
    """
    for each in FACTORS:
        if each.whole_sign_in is not None and each.available():
            return each, each.whole_sign_in
    return None


def enrolled_factors(account_id: int, asked: tuple[Factor, ...]) -> list[Factor]:
    """Return those of the factors that the person has and can show now, by one statement."""
    query = _enrolments(asked)
    row = None if query is None else query.one(account=account_id)
    return [each for each in asked if _has(account_id, each, row)]


def _has(account_id: int, factor: Factor, row: object) -> bool:
    found: bool | None = getattr(row, factor.name, None)
    return factor.enrolled(account_id) if found is None else found and factor.available()


@cache
def _enrolments(asked: tuple[Factor, ...]) -> CompiledQuery[object] | None:
    """Return the statement that asks about those of the factors that have a condition in SQL."""
    conditions = [(each.name, each.enrolment(bindparam("account"))) for each in asked]
    named = [condition.label(name) for name, condition in conditions if condition is not None]
    return CompiledQuery(select(*named)) if named else None


def second_steps_of(
    account_id: int, *, phishing_resistant: bool = False
) -> list[tuple[Factor, SignInPage]]:
    """Return the second steps that the person can show now, the first one to offer first.

    phishing_resistant: of a person who has some that resist phishing, only those.
    """
    pages = dict(second_steps())
    held = [(each, pages[each]) for each in enrolled_factors(account_id, tuple(pages))]
    resistant = [(each, page) for each, page in held if each.evidence.phishing_resistant]
    return resistant if phishing_resistant and resistant else held


def has_second_step(account_id: int) -> bool:
    """Return whether the person can show a second step."""
    return bool(second_steps_of(account_id))


def has_lasting_way_in(account_id: int, *, without: Factor | None = None) -> bool:
    """Return whether the person can sign in completely with the factors that they have here.

    without: a factor that is left out. Factors that run out, such as recovery codes, are no way in.
    """
    asked = tuple(each for each in FACTORS if each is not without and each.lasting)
    lasting = enrolled_factors(account_id, asked)
    kinds = {kind for each in lasting for kind in each.evidence.kinds}
    return kinds == set(FactorKind) or any(each.whole_sign_in is not None for each in lasting)


def forget_second_steps(account_id: int) -> None:
    """Delete every credential of the person that is a possession. Must run inside `writing()`."""
    for each in FACTORS:
        if FactorKind.POSSESSION in each.evidence.kinds:
            each.forget(account_id)


def amr(shown: Iterable[Evidence]) -> tuple[str, ...]:
    """Return the `amr` values of a sign-in; `mfa` is added for two kinds of factor (RFC 8176)."""
    proofs = list(shown)
    values = list(dict.fromkeys(value for each in proofs for value in each.amr))
    if _two_kinds(proofs):
        values.append("mfa")
    return tuple(values)


def acr(shown: Iterable[Evidence]) -> str:
    """Return the level that these proofs reach together."""
    proofs = list(shown)
    if not _two_kinds(proofs):
        return ONE_FACTOR
    if any(each.phishing_resistant for each in proofs):
        return PHISHING_RESISTANT
    return TWO_FACTORS


def _two_kinds(shown: list[Evidence]) -> bool:
    return {FactorKind.KNOWLEDGE, FactorKind.POSSESSION} <= {
        kind for each in shown for kind in each.kinds
    }
