"""Password hashing: OWASP's parameters, renewed when they change, nothing folded or cut."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from app.database import db, writing
from approvals.settings import Settings
from identity.credentials import hashing
from identity.credentials.factor import ProofAccepted
from identity.credentials.models import PasswordCredential
from identity.credentials.password import PASSWORD, store
from identity.settings import IdentitySettings
from tests.conftest import REAL_COST, settings
from tests.identity.people import PASSWORD as SECRET
from tests.identity.people import Person


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with the real cost of a password's hash: its parameters are checked."""
    return settings(database_url, mail_directory=tmp_path / "mail", **REAL_COST)


def test_hash_has_the_parameters_of_owasp(app: Flask) -> None:
    assert hashing.hash_password(SECRET).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "password",
    ["a" * 72 + "b" + "c" * 4000, "x\x00y hidden tail", "\ud800 lone surrogate", "🦊" * 20],
)
def test_LG_09_hash_covers_every_character_of_a_password(app: Flask, password: str) -> None:
    stored = hashing.hash_password(password)
    assert hashing.verify(stored, password)
    assert not hashing.verify(stored, password + " ")
    assert not hashing.verify(stored, password[:-1])
    assert not hashing.verify(stored, password.upper() + "X")


def test_LG_09_hash_is_the_same_for_all_forms_of_a_letter(app: Flask) -> None:
    stored = hashing.hash_password(unicodedata.normalize("NFC", "crème brûlée kettle"))
    assert hashing.verify(stored, unicodedata.normalize("NFD", "crème brûlée kettle"))


def test_verify_refuses_every_password_where_none_is_stored(app: Flask) -> None:
    assert not hashing.verify(None, "nobody has this password")


def test_LG_09_verify_refuses_a_password_over_the_limit(app: Flask) -> None:
    assert not hashing.verify(hashing.hash_password("x" * 12), "x" * 5000)


def test_hash_of_other_parameters_is_renewed_after_a_right_password(
    app: Flask, person: Person
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(SECRET)
    with writing():
        store(person.account_id, weak)
    assert isinstance(PASSWORD.prove(person.account_id, SECRET), ProofAccepted)
    stored = db.session.scalars(select(PasswordCredential.password_hash)).one()
    assert "m=19456,t=2,p=1" in stored
    assert hashing.verify(stored, SECRET)


def test_hash_threads_are_at_most_the_processors_that_the_process_may_use() -> None:
    at_once = IdentitySettings.model_fields["password_hashes_at_once"].default
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert hashing.threads_for(at_once) == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert hashing.threads_for(at_once) == min(at_once, len(allowed))
