"""Files of a room and what they may reach (docs/architecture.md, Floors)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.symbols import Code, Symbol

# Names of Flask that stand for the present request or make its response.
OF_A_REQUEST = {
    Symbol("flask", name)
    for name in (
        "abort",
        "after_this_request",
        "flash",
        "g",
        "make_response",
        "redirect",
        "render_template",
        "request",
        "session",
    )
}
CHANGES = {
    Symbol("app.database.transaction", "writing"),
    Symbol("app.database.unit_of_work", "commit_unit"),
    Symbol("app.audit.record", "record"),
    Symbol("app.outbox.enqueue", "send_mail"),
}
WITHOUT_REQUEST = ("actions", "rules", "queries")


@pytest.fixture(scope="module")
def code() -> Code:
    return Code()


@pytest.fixture(scope="module")
def chains_to_request(code: Code) -> dict[Symbol, str]:
    """Return how each symbol that reaches the request does so, by way of which others."""
    next_symbols = code.reaching(OF_A_REQUEST)

    def chain(symbol: Symbol) -> str:
        following = next_symbols.get(symbol)
        return str(symbol) if following is None else f"{symbol} > {chain(following)}"

    return {symbol: chain(symbol) for symbol in sorted(next_symbols)}


def _chosen(chains: dict[Symbol, str], chosen: Callable[[Symbol], bool]) -> list[str]:
    return [chain for symbol, chain in chains.items() if chosen(symbol)]


def test_actions_rules_and_queries_reach_no_request(chains_to_request: dict[Symbol, str]) -> None:
    assert _chosen(chains_to_request, _is_without_request) == []


def test_actions_rules_and_queries_use_no_form(code: Code) -> None:
    found = {
        f"{symbol} > {used}"
        for symbol, _ in code.symbols()
        if _is_without_request(symbol)
        for used in code.uses(symbol)
        if used.module.endswith(".forms") or used.module.startswith(("wtforms", "flask_wtf"))
    }
    assert found == set()


def test_functions_that_write_reach_no_request(
    code: Code, chains_to_request: dict[Symbol, str]
) -> None:
    assert _chosen(chains_to_request, lambda symbol: bool(code.uses(symbol) & CHANGES)) == []


def test_views_reach_the_database_through_actions_and_queries(code: Code) -> None:
    found = {
        f"{symbol} > {used}"
        for symbol, _ in code.symbols()
        if symbol.module in _view_modules(code)
        for used in code.uses(symbol)
        if used in CHANGES or used.module.startswith(("app.database", "sqlalchemy"))
    }
    assert found == set()


def test_views_reach_the_request(chains_to_request: dict[Symbol, str]) -> None:
    # The tests above would pass if names were not followed at all.
    names = {str(symbol) for symbol in chains_to_request}
    assert {
        "identity.sign_in.second_steps._submit",
        "identity.sessions.current_browser.bound_browser",
        "approvals.console.views.suspend",
    } <= names


def _is_without_request(symbol: Symbol) -> bool:
    parts = symbol.module.split(".")
    return any(
        part == kind or part.endswith(f"_{kind}") for part in parts for kind in WITHOUT_REQUEST
    )


@cache
def _view_modules(code: Code) -> set[str]:
    """Return the modules that mark a function with `@permit`, and those in a package of views."""
    permit = Symbol("app.web.authorisation", "permit")
    return {
        symbol.module
        for symbol, _ in code.symbols()
        if ".views" in symbol.module
        or (permit in code.uses(symbol) and symbol.module != permit.module)
    }
