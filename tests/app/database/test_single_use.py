"""Claims of single-use values, and the one module that makes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.clock import now
from app.database import NotWriting, db, writing
from app.database.single_use import claim, insert_unless_present
from identity.oidc.models import InitialAccessToken, RevokedToken
from tests.races import race

_ROOT = Path(__file__).parents[3]
_FLOORS = ("app", "identity", "approvals")
_DATABASE = _ROOT / "app/database"


def _store_token(uses: int) -> None:
    with writing() as session:
        session.add(
            InitialAccessToken(
                token_hash=f"hash {uses}",
                note="",
                policy={},
                uses_left=uses,
                expires_at=now() + timedelta(days=1),
            )
        )


def _claim_last_use() -> bool:
    with writing():
        return claim(
            update(InitialAccessToken).where(InitialAccessToken.uses_left == 1).values(uses_left=0)
        )


def test_claim_succeeds_for_one_of_parallel_callers(app: Flask) -> None:
    _store_token(1)
    assert race(app, lambda _: _claim_last_use()).count(True) == 1


def test_claim_fails_for_missing_row(app: Flask) -> None:
    assert not _claim_last_use()


def test_claim_is_undone_with_its_transaction(app: Flask) -> None:
    def fail_after_claim() -> None:
        with writing():
            assert _claim_last_use()
            raise ZeroDivisionError

    _store_token(1)
    with pytest.raises(ZeroDivisionError):
        fail_after_claim()
    assert _claim_last_use()


def test_claim_is_refused_outside_a_transaction(app: Flask) -> None:
    _store_token(1)
    with pytest.raises(NotWriting):
        claim(update(InitialAccessToken).values(uses_left=0))
    assert _claim_last_use()


def test_claim_refuses_statement_about_several_rows(app: Flask) -> None:
    def claim_all() -> None:
        with writing():
            claim(update(InitialAccessToken).values(uses_left=0))

    _store_token(1)
    _store_token(2)
    with pytest.raises(ValueError, match="one row"):
        claim_all()
    assert set(db.session.scalars(select(InitialAccessToken.uses_left))) == {1, 2}


def test_insert_unless_present_succeeds_for_one_of_parallel_callers(app: Flask) -> None:
    add = insert_unless_present(RevokedToken)
    ends = now() + timedelta(minutes=5)

    def revoke() -> bool:
        with writing():
            return add(jti="token", expires_at=ends)

    assert race(app, lambda _: revoke()).count(True) == 1


def test_row_counts_decide_in_single_use_module_alone() -> None:
    assert not [
        f"{path.relative_to(_ROOT)}:{line}"
        for floor in _FLOORS
        for path in sorted((_ROOT / floor).rglob("*.py"))
        if not path.is_relative_to(_DATABASE)
        for line in _claims_by_hand(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _claims_by_hand(module: ast.Module) -> Iterator[int]:
    """Yield the lines that compare a number of changed rows, or that await a broken constraint."""
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef):
            counts = {
                target.id
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and _is_row_count(node.value)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(function):
                if isinstance(node, ast.Compare) and any(
                    _is_row_count(side) or (isinstance(side, ast.Name) and side.id in counts)
                    for side in (node.left, *node.comparators)
                ):
                    yield node.lineno
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id == "IntegrityError":
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "rowcount":
            yield node.lineno


def _is_row_count(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (isinstance(function, ast.Name) and function.id == "rows_changed") or (
        isinstance(function, ast.Attribute) and function.attr == "run"
    )
