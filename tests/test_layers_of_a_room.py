"""Files of a room and what they may reach (docs/architecture.md, Floors)."""

from __future__ import annotations

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
WITHOUT_REQUEST = ("actions", "rules", "queries")


def test_actions_rules_and_queries_reach_no_request() -> None:
    code = Code()
    reaching = code.reaching(OF_A_REQUEST)
    found = [_chain(symbol, reaching) for symbol in sorted(reaching) if _is_without_request(symbol)]
    assert found == []


def _is_without_request(symbol: Symbol) -> bool:
    parts = symbol.module.split(".")
    return any(
        part == kind or part.endswith(f"_{kind}") for part in parts for kind in WITHOUT_REQUEST
    )


def _chain(symbol: Symbol, reaching: dict[Symbol, Symbol]) -> str:
    steps = [symbol]
    while steps[-1] in reaching:
        steps.append(reaching[steps[-1]])
    return " > ".join(map(str, steps))
