"""Compile templates, SQL statements and routes once per process, not once per test.

Each test composes an application of its own, for which Jinja, SQLAlchemy and Werkzeug compile
again what they compiled for the last one. That takes longer than most tests.
"""

from collections.abc import Callable, Iterable, MutableMapping
from types import CodeType
from typing import Any, ClassVar, NamedTuple

from flask import Flask
from jinja2 import BaseLoader, Environment, Template
from sqlalchemy import Engine
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.rules import RulePart

from app.database import db
from app.web.application import Application

_first_engines: dict[str, Engine] = {}


class CompiledTemplates(BaseLoader):
    """Template loader that keeps the code of each template."""

    code: ClassVar[dict[str, CodeType]] = {}

    def __init__(self, loader: BaseLoader | None) -> None:
        assert loader
        self.loader = loader

    def load(
        self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        if name not in self.code:
            source, filename, _ = self.loader.get_source(environment, name)
            self.code[name] = environment.compile(source, name, filename)
        return environment.template_class.from_code(
            environment, self.code[name], globals or {}, None
        )


class ParsedRule(NamedTuple):
    """Parts of a route for the matcher, its trace for building addresses, and its converters."""

    parts: list[RulePart]
    trace: list[tuple[bool, str]]
    converters: dict[str, BaseConverter]


class CompiledRule(Rule):
    """Route whose parts and functions for building addresses are kept."""

    builders: ClassVar[dict[tuple[str, str, str, bool], Callable[..., tuple[str, str]]]] = {}
    parsed: ClassVar[dict[str, ParsedRule]] = {}

    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        if rule in self.parsed:
            known = self.parsed[rule]
            self._trace += known.trace
            self._converters |= known.converters
            self.arguments |= known.converters.keys()
            return known.parts
        begin, before = len(self._trace), set(self._converters)
        parts = list(super()._parse_rule(rule))
        converters = {name: each for name, each in self._converters.items() if name not in before}
        self.parsed[rule] = ParsedRule(parts, self._trace[begin:], converters)
        return parts

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, repr(self._trace), repr(self.defaults), append_unknown)
        if key not in self.builders:
            self.builders[key] = super()._compile_builder(append_unknown)
        return self.builders[key]


def use_compiled_routes() -> None:
    """Let applications that are composed from now on use the routes of those before."""
    Application.url_rule_class = CompiledRule


def use_compiled(app: Flask) -> None:
    """Let this application use the templates and statements of those before; inside its context."""
    app.jinja_env.loader = CompiledTemplates(app.jinja_env.loader)
    engine = db.engine
    if engine.dialect.name not in _first_engines:
        engine.connect().close()  # A dialect is ready with its first connection.
        _first_engines[engine.dialect.name] = engine
    first = _first_engines[engine.dialect.name]
    # SQLAlchemy's caches belong to a dialect, and each engine has its own.
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
