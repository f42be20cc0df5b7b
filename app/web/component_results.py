"""Results of GOV.UK components, kept for parameters that stand in the templates themselves.

A component of govuk-frontend-jinja is a macro whose result depends on its parameters alone, and
most components of a page have the same parameters at each request. A result is kept only if each
text and number in the parameters is a constant of a template. A name, an address, a token or a
secret is none, so its component is rendered anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import Template, nodes, pass_eval_context
from jinja2.environment import TemplateModule
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from markupsafe import Markup

COMPONENTS = "govuk_frontend_jinja/"
"""The beginning of the names of the components' templates."""
MOST_RESULTS = 500
MOST_CHARACTERS = 500_000


class NotConstant(Exception):
    """A parameter contains a value that stands in no template."""


class Results:
    """Results of one application's components, and the constants of its templates."""

    def __init__(self) -> None:
        self.constants: set[object] = set()
        self.kept: dict[Hashable, str] = {}
        self._characters = 0

    def keep(self, key: Hashable, result: str) -> None:
        """Keep the result, unless the bounds are reached. Their number is that of the templates."""
        size = self._characters + len(result)
        if len(self.kept) < MOST_RESULTS and size <= MOST_CHARACTERS:
            self.kept[key] = result
            self._characters = size

    def key_of(self, value: object) -> Hashable:
        """Return the value in a form that is equal only for the same value and type.

        Raises NotConstant.
        """
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is str or kind is Markup or kind is int:
            if value not in self.constants:
                raise NotConstant
            return kind, value
        if isinstance(value, dict):
            return dict, *[(self.key_of(name), self.key_of(each)) for name, each in value.items()]
        if isinstance(value, list | tuple):
            return list, *[self.key_of(each) for each in value]
        raise NotConstant


class Component:
    """A macro of a component, whose results for constant parameters are kept."""

    def __init__(self, macro: Macro, results: Results) -> None:
        self._macro = macro
        self._results = results

    @pass_eval_context
    def __call__(self, context: EvalContext, *values: object, **named: object) -> str:
        """Return what the macro renders."""
        try:
            key = (self._macro, context.autoescape, self._results.key_of((*values, named)))
        except NotConstant:
            return self._macro(context, *values, **named)
        kept = self._results.kept.get(key)
        if kept is None:
            kept = self._macro(context, *values, **named)
            self._results.keep(key, kept)
        return kept


class ComponentTemplate(Template):
    """A template; the macros of a component's template are given out as `Component`."""

    def make_module(
        self,
        vars: dict[str, object] | None = None,
        shared: bool = False,
        locals: Mapping[str, object] | None = None,
    ) -> TemplateModule:
        """Return the module of the template's macros."""
        module = super().make_module(vars, shared, locals)
        environment = self.environment
        if (self.name or "").startswith(COMPONENTS) and isinstance(environment, PageEnvironment):
            for name, macro in list(module.__dict__.items()):
                if isinstance(macro, Macro):
                    setattr(module, name, Component(macro, environment.results))
        return module

    def _get_default_module(
        self,
        ctx: Context | None = None,  # noqa: ARG002 - the library's name
    ) -> TemplateModule:
        # All templates have the globals of the environment and no others. The library compares them
        # at each import, name by name.
        return super()._get_default_module(None)


class PageEnvironment(Environment):
    """Flask's environment of templates, with results of components."""

    template_class = ComponentTemplate

    def __init__(self, app: App, **options: object) -> None:
        super().__init__(app, **options)
        self.results = Results()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self.results.constants.update(
            each.value for each in tree.find_all(nodes.Const) if type(each.value) in {str, int}
        )
        return tree
