"""Rules for a new password."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.credentials.password_rules import (
    COMMON,
    GUESSABLE,
    PERSONAL,
    TOO_LONG,
    TOO_SHORT,
    Owner,
    refusal,
)

OWNER = Owner(
    "Zoë",
    "O'Neil-Hartley",
    "z.oneil@tollgate.example",
    ["Tollgate Primary School", "Analyse school performance"],
)


@pytest.mark.parametrize(
    "password",
    [
        "plum kettle orbit lane",
        "river lamp 2019 slope",
        "7Gk#9mQ2x!vB",
        "x" * 3 + "plum kettle" + "y" * 100,
        "пароль дождь лампа",
        "🦊🐢🦉🐝🐙🦋🐞🐳🦔🐧🦜🐊",
        "tulipbrickfern",
        "correct lamp battery river",
        "horse staple window orange",
        "quick copper fox harbour",
        "blue chair 42",
        "lamp river stone",
        "xkqznvbmwrte",
        " leading and trailing ",
    ],
)
def test_password_rules_accept_a_long_password(password: str) -> None:
    assert refusal(password, OWNER) is None


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", TOO_SHORT),
        ("eleven char", TOO_SHORT),
        ("🦊🐢🦉🐝🐙🦋🐞🐳🦔🐧🦜", TOO_SHORT),
        ("password1234", COMMON),
        ("Password2026!", COMMON),
        ("2024password", COMMON),
        ("!!!dragon!!!!!", COMMON),
        ("qwertyqwerty", COMMON),
        ("dragon123dragon123", COMMON),
        ("welcome-2019-welcome", COMMON),
        ("p@ssw0rd1234", COMMON),
        ("aaaaaaaaaaaaa", COMMON),
        ("abcabcabcabcab", COMMON),
        ("123456789012", COMMON),
        ("ｐａｓｓｗｏｒｄ１２３４", COMMON),
        ("correcthorsebatterystaple", COMMON),
        ("Correct Horse Battery Staple", COMMON),
        ("correct-horse-battery-staple-2026!", COMMON),
        ("C0rrectH0rseB@tteryStaple1", COMMON),
        ("The quick brown fox", COMMON),
        ("To be, or not to be?", COMMON),
        ("You'll never walk alone", COMMON),
        ("hakunamatatahakunamatata", COMMON),
        ("administrator", GUESSABLE),
        ("Administrator1!", GUESSABLE),
        ("abcdefghijkl", GUESSABLE),
        ("zyxwvutsrqpo", GUESSABLE),
        ("acegikmoqsuw", GUESSABLE),
        ("schoolschool", GUESSABLE),
        ("school school school", GUESSABLE),
        ("headteacherheadteacher", GUESSABLE),
        ("governor2026!", GUESSABLE),
        ("january2026!!", GUESSABLE),
        ("manchesterunited", GUESSABLE),
        ("asdfghjkl;'#", COMMON),
        ("zaq12wsxcde3", GUESSABLE),
        ("aabbccddeeff", GUESSABLE),
        ("abcaabcbbcacbac", GUESSABLE),
        ("           a", GUESSABLE),
        ("a           b", GUESSABLE),
        ("s c h o o l s", GUESSABLE),
        ("t-e-a-c-h-e-r-s", GUESSABLE),
        ("abcdefghijkl" * 20, GUESSABLE),
        ("my zoë garden plum", PERSONAL),
        ("hartley garden plum", PERSONAL),
        ("garden O'Neil plum", PERSONAL),
        ("z.oneil@tollgate.example!", PERSONAL),
        ("old tollgate bus yard", PERSONAL),
        ("to analyse a garden", PERSONAL),
        ("secure access garden", PERSONAL),
        ("é" * 2049, TOO_LONG),
        ("ﷺ" * 200, TOO_LONG),
    ],
)
def test_password_rules_refuse_short_common_and_personal_passwords(
    password: str, sentence: str
) -> None:
    assert refusal(password, OWNER) == sentence


def test_password_rules_ignore_very_short_names() -> None:
    assert refusal("lime lion lily lid", Owner("Li", "O", "al@x.example")) is None


def test_password_rules_ignore_words_that_many_organisations_share() -> None:
    assert refusal("old school yard bus", OWNER) is None


# A password is chosen seldom: the estimate may take its time on a busy machine.
@settings(max_examples=50)
@given(st.text(min_size=12, max_size=40))
def test_password_rules_treat_normal_forms_alike(password: str) -> None:
    assert refusal(unicodedata.normalize("NFD", password), OWNER) == refusal(
        unicodedata.normalize("NFC", password), OWNER
    )
