"""Factors, and what signing in with some of them is worth."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask

from app.clock import now
from app.database import writing
from app.retention import purge_expired
from identity.credentials import recovery_codes, registry
from identity.credentials.factor import Factor, ProofAccepted, ProofRejected
from identity.credentials.password import PASSWORD
from identity.credentials.recovery_codes import RECOVERY_CODE
from identity.credentials.totp import INCOMPLETE, TOTP, USED, WRONG
from tests.identity.people import Person
from tests.races import THREADS, race
from tests.sent import statements


@pytest.mark.parametrize(
    ("proved", "amr", "acr"),
    [
        ([PASSWORD], ("pwd",), "urn:secure-access:aal1"),
        ([PASSWORD, TOTP], ("pwd", "otp", "mfa"), "urn:secure-access:aal2"),
        ([PASSWORD, RECOVERY_CODE], ("pwd", "otp", "mfa"), "urn:secure-access:aal2"),
        ([TOTP, RECOVERY_CODE], ("otp",), "urn:secure-access:aal1"),
    ],
)
def test_acr_of_two_kinds_of_factor_is_the_second_level(
    proved: list[Factor], amr: tuple[str, ...], acr: str
) -> None:
    shown = [each.evidence for each in proved]
    assert registry.amr(shown) == amr
    assert registry.acr(shown) == acr


def test_names_of_factors_are_unique() -> None:
    assert len({factor.name for factor in registry.FACTORS}) == len(registry.FACTORS)
    assert all(registry.factor(each.name) is each for each in registry.FACTORS)


def test_enrolled_factors_are_those_that_each_factor_states(app: Flask, person: Person) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    for _ in range(2):
        states = [each for each in registry.FACTORS if each.enrolled(person.account_id)]
        assert registry.enrolled_factors(person.account_id, registry.FACTORS) == states
        assert registry.enrolled_factors(person.account_id + 1, registry.FACTORS) == []
        with writing():
            for code in codes:
                RECOVERY_CODE.prove(person.account_id, code)
            TOTP.forget(person.account_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_second_steps_are_asked_for_by_one_statement(app: Flask, person: Person) -> None:
    with statements() as counted:
        assert [each for each, _page in registry.second_steps_of(person.account_id)] == [TOTP]
    assert len(counted) == 1


def _code(person: Person, steps: int) -> str:
    return pyotp.TOTP(person.secret).generate_otp(int(now().timestamp()) // 30 + steps)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_MF_02_totp_accepts_the_present_code_and_its_neighbours_once(
    app: Flask, person: Person, clock: time_machine.Traveller, steps: int
) -> None:
    assert isinstance(TOTP.prove(person.account_id, _code(person, steps)), ProofAccepted)
    assert TOTP.prove(person.account_id, _code(person, steps)) == ProofRejected(USED, counts=False)


def test_totp_accepts_codes_after_a_clock_that_was_ahead_is_right_again(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    true_time = now()
    clock.move_to(true_time + timedelta(hours=2))
    early = _code(person, 0)
    assert isinstance(TOTP.prove(person.account_id, early), ProofAccepted)
    clock.move_to(true_time)
    present = _code(person, 0)
    assert isinstance(TOTP.prove(person.account_id, present), ProofAccepted)
    assert TOTP.prove(person.account_id, present) == ProofRejected(USED, counts=False)
    clock.move_to(true_time + timedelta(hours=2))
    assert TOTP.prove(person.account_id, early) == ProofRejected(USED, counts=False)


def test_totp_forgets_used_steps_after_days(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    TOTP.prove(person.account_id, _code(person, 0))
    purge_expired()
    clock.shift(timedelta(days=1))
    assert purge_expired()["used steps of authenticator apps"] == 0
    clock.shift(timedelta(days=2))
    assert purge_expired()["used steps of authenticator apps"] == 1


@pytest.mark.parametrize("steps", [-2, 2])
def test_totp_refuses_codes_further_off(
    app: Flask, person: Person, clock: time_machine.Traveller, steps: int
) -> None:
    assert TOTP.prove(person.account_id, _code(person, steps)) == ProofRejected(WRONG)


def test_totp_refuses_an_earlier_code_after_a_later_one(
    app: Flask, person: Person, clock: time_machine.Traveller
) -> None:
    assert isinstance(TOTP.prove(person.account_id, _code(person, 1)), ProofAccepted)
    assert TOTP.prove(person.account_id, _code(person, 0)) == ProofRejected(USED, counts=False)
    clock.shift(timedelta(seconds=60))
    assert isinstance(TOTP.prove(person.account_id, _code(person, 0)), ProofAccepted)


@pytest.mark.parametrize("answer", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "12345６"])
def test_MF_02_totp_counts_no_attempt_for_a_code_that_is_not_six_digits(
    app: Flask, person: Person, answer: str
) -> None:
    assert TOTP.prove(person.account_id, answer) == ProofRejected(INCOMPLETE, counts=False) or (
        answer == ""
        and TOTP.prove(person.account_id, answer) == ProofRejected(INCOMPLETE, counts=False)
    )


def test_recovery_codes_are_ten_and_accepted_once(app: Flask, person: Person) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    assert len(set(codes)) == recovery_codes.remaining(person.account_id) == 10
    for code in codes:
        assert isinstance(RECOVERY_CODE.prove(person.account_id, code), ProofAccepted)
        assert isinstance(RECOVERY_CODE.prove(person.account_id, code), ProofRejected)
    assert not RECOVERY_CODE.enrolled(person.account_id)


def test_new_recovery_codes_end_the_old_ones(app: Flask, person: Person) -> None:
    with writing():
        old = recovery_codes.replace(person.account_id)
    with writing():
        recovery_codes.replace(person.account_id)
    assert isinstance(RECOVERY_CODE.prove(person.account_id, old[0]), ProofRejected)


def test_recovery_code_accepts_letters_that_look_like_digits(app: Flask, person: Person) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    typed = codes[0].replace("0", "O").replace("1", "l")
    assert isinstance(RECOVERY_CODE.prove(person.account_id, typed), ProofAccepted)


@pytest.mark.parametrize("factor", [TOTP, RECOVERY_CODE])
def test_MF_04_recovery_code_is_accepted_from_one_of_many_parallel_requests(
    app: Flask, person: Person, factor: Factor
) -> None:
    with writing():
        codes = recovery_codes.replace(person.account_id)
    answer = _code(person, 0) if factor is TOTP else codes[0]
    outcomes = race(
        app, lambda _: isinstance(factor.prove(person.account_id, answer), ProofAccepted)
    )
    assert sorted(outcomes) == [False] * (THREADS - 1) + [True]
