"""Routes whose posts compute the hash of a password wait in the queue of passwords."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from flask import Flask

from app.serving.password_paths import PASSWORD_PATHS
from tests.symbols import Code, Symbol

HASHING = "identity.credentials.hashing"
FACTOR = Symbol("identity.credentials.password", "Password")
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def hashing_views() -> set[Symbol]:
    """Return the symbols that reach a hash, by its functions or as `PASSWORD.prove(…)`.

    The factor itself is not followed: most of its users read its name only.
    """
    code = Code()
    roots = {Symbol(HASHING, "hash_password"), Symbol(HASHING, "verify")}
    roots |= {symbol for symbol, node in code.symbols() if _proves_a_password(node)}
    return roots | code.reaching(roots, beyond=frozenset({FACTOR})).keys()


def _proves_a_password(node: ast.stmt) -> bool:
    return any(
        isinstance(each, ast.Attribute)
        and each.attr == "prove"
        and ast.unparse(each.value).rpartition(".")[2] == "PASSWORD"
        for each in ast.walk(node)
    )


def posts(app: Flask) -> Iterator[tuple[str, Symbol]]:
    """Return the path of each route that takes posts, and its view."""
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            view = app.view_functions[rule.endpoint]
            yield rule.rule, Symbol(view.__module__, view.__qualname__.partition(".")[0])


@on_sqlite
def test_every_route_that_hashes_a_password_is_in_the_queue_of_passwords(app: Flask) -> None:
    reaching = hashing_views()
    found = {path for path, view in posts(app) if view in reaching}
    assert {"/sign-in", "/join/password"} <= found
    assert found == set(PASSWORD_PATHS.values())
