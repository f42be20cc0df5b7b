"""Names of the buttons, links, fields and headings on pages, read from templates and forms.

A part that depends on the page, such as a person's name, is `…`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HELP = "help/"
_HIDDEN = re.compile(r'<span class="govuk-visually-hidden">.*?</span>', re.DOTALL)
_MARKUP = re.compile(r"<(a|button|summary|h1|h2|h3|legend)\b[^>]*>(.*?)</\1>", re.DOTALL)
_HEADING = re.compile(r"{% block heading %}(.*?){% endblock %}", re.DOTALL)
_EXPRESSION = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
_LITERAL = re.compile(r"""'([A-Z][^'\n]*)'|"([A-Z][^"\n]*)\"""")
_CALLS = {"AccountRow", "Entry", "SharedRow"}
"""Calls whose arguments are shown, beside those of form fields."""
_SHOWN = {"instead"}
"""Arguments of any call that are shown."""


def names_on_pages() -> set[str]:
    """Return every name, without those of Help itself."""
    found: set[str] = set()
    for path in (ROOT / "templates").rglob("*.html"):
        if not str(path.relative_to(ROOT / "templates")).startswith(HELP):
            found.update(_of_template(path.read_text()))
    for floor in ("app", "identity", "approvals"):
        for path in (ROOT / floor).rglob("*.py"):
            found.update(_of_module(ast.parse(path.read_text())))
    return {name for name in map(_clean, found) if name.strip("… ")}


def _of_template(source: str) -> Iterator[str]:
    source = _HIDDEN.sub("", source)
    for match in _MARKUP.finditer(source):
        yield _EXPRESSION.sub("…", match[2])
    for match in _HEADING.finditer(source):
        yield _EXPRESSION.sub("…", match[1])
    for single, double in _LITERAL.findall(source):
        name = single or double
        # A literal that ends in a space is joined to a value.
        yield f"{name}…" if name.endswith(" ") else name


def _of_module(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            if called.endswith("Field") or called in _CALLS:
                yield from _texts(node.args)
            yield from _texts(each.value for each in node.keywords if each.arg in _SHOWN)


def _texts(arguments: Iterable[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def _clean(name: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", name).split())
