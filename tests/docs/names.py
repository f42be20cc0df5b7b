"""Check the names in docstrings and comments, and those of tests.

Docstrings and comments name exceptions, classes and functions that exist: a rename leaves others
behind. The name of a test begins with its unit or endpoint. `python -m tests.docs.names` (part of
`make lint`) prints each name at fault, and fails.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import PurePath

from tests.docs.prose import read_prose
from tests.files import read_text_files

TERMS = {"HttpOnly", "KiB", "NumericDate", "SameSite", "WebP"}
"""Words of the field that have the form of a class's name and stand in no code."""
CODE = (".css", ".html", ".ini", ".js", ".json", ".mako", ".py", ".scss", ".toml", ".txt")
"""Files whose names prose may use."""

_RAISES = re.compile(r"\b(?:[Rr]aises|may raise)\b((?:[^.`\n]|\.(?=\w)|\n(?!\s*\n))*)")
_EXCEPTION = re.compile(r"\b[A-Z]\w*[a-z]\w*\b")
_CLASS = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]*)+\b")
_FUNCTION = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|(?<=`)\w+(?=\(\)`)")
_DOTTED = re.compile(r"`((?:\w+\.)+\w+)(?:\(\))?`")
_FILE = re.compile(r"(?<=`)\w+\.py(?=`)")
_KEY = re.compile(r"\w+\.\w+")
_WORD = re.compile(r"\w+")

_TEST = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)
_NO_SUBJECT = re.compile(
    r"test_(?:[A-Z]{2}_(?:\d\d_)+|and_)*"
    r"(?:a|an|the|what|who|whoever|nobody|somebody|nothing|anything|it|they|then|there)_"
)


class Names:
    """Names in the code of a repository. `files` is its text by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.words = TERMS.union(dir(builtins), *(_WORD.findall(path) for path in files))
        self.files = {PurePath(path).name for path in files}
        self.exceptions = {name for name, value in vars(builtins).items() if _is_exception(value)}
        self._members: dict[str, set[str]] = defaultdict(set)
        self._bases: dict[str, set[str]] = {}
        for path, text in files.items():
            if path.endswith(".py"):
                self._read_module(path, text)
            else:
                self.words.update(_WORD.findall(text))
        while found := {
            name
            for name, bases in self._bases.items()
            if name not in self.exceptions and bases & self.exceptions
        }:
            self.exceptions |= found

    def has_member(self, owner: str, member: str) -> bool:
        """Return False only for a module, package or class of the repository without it."""
        known = self._members.get(owner)
        return known is None or member in known or f"{owner}.{member}" in self.words

    def _read_module(self, path: str, source: str) -> None:
        *packages, module = PurePath(path).with_suffix("").parts
        places = packages if module == "__init__" else [*packages, module]
        for package, member in pairwise(places):
            self._members[package].add(member)
        tree = ast.parse(source)
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        words = list(_words_of_code(tree, prose))
        self.words.update(words)
        if places:
            self._members[places[-1]].update(words)
        for node in ast.walk(tree):
            match node:
                case ast.ClassDef(name=name, bases=bases):
                    self._bases[name] = set(_last_names(bases))
                    self._members[name].update(_words_of_code(node, prose))
                case ast.Raise(exc=ast.Call(func=raised)) | ast.Raise(exc=ast.expr() as raised):
                    self.exceptions.update(_last_names([raised]))
                case ast.ExceptHandler(type=ast.Tuple(elts=caught)):
                    self.exceptions.update(_last_names(caught))
                case ast.ExceptHandler(type=ast.expr() as caught):
                    self.exceptions.update(_last_names([caught]))


def unknown_names(text: str, names: Names) -> Iterator[str]:
    """Yield each name in a docstring or comment that no code has."""
    raised = {name for clause in _RAISES.findall(text) for name in _EXCEPTION.findall(clause)}
    yield from raised - names.exceptions
    yield from {*_CLASS.findall(text), *_FUNCTION.findall(text)} - names.words - raised
    for dotted in _DOTTED.findall(text):
        for owner, member in pairwise(dotted.split(".")):
            if member != "py" and not names.has_member(owner, member):
                yield dotted
    yield from set(_FILE.findall(text)) - names.files


def names_without_subject(source: str) -> list[str]:
    """Return the names of tests that begin with an article or a pronoun."""
    return [name for name in _TEST.findall(source) if _NO_SUBJECT.match(name)]


def _words_of_code(tree: ast.AST, prose: set[int]) -> Iterator[str]:
    """Yield the words in names, attributes and texts of the code."""
    for node in ast.walk(tree):
        if id(node) not in prose:
            for _, value in ast.iter_fields(node):
                texts = value if isinstance(value, list) else [value]
                for text in texts:
                    if isinstance(text, str):
                        yield from _WORD.findall(text)
                        yield from _KEY.findall(text)


def _last_names(expressions: Iterable[ast.expr]) -> Iterator[str]:
    """Yield `Name` for the expressions `Name` and `module.Name`."""
    for expression in expressions:
        match expression:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name


def _is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def main() -> int:
    files = dict(read_text_files(CODE))
    names = Names(files)
    found = [
        f"{path}:{line}: {name} is a name that no code has"
        for path, source in files.items()
        if path.endswith(".py")
        for line, text in read_prose(source)
        for name in unknown_names(text, names)
    ]
    found += [
        f"{path}: {name} begins without its unit or endpoint"
        for path, source in files.items()
        if path.startswith("tests/") and path.endswith(".py")
        for name in names_without_subject(source)
    ]
    for each in found:
        sys.stderr.write(f"{each}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
