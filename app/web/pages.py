"""Extension points for pages, and for Flask's hooks around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from flask import Blueprint, Flask, Response
from flask.typing import ResponseReturnValue

from app.composition import ExtensionPoint


@dataclass(frozen=True, init=False)
class Pages:
    """A blueprint, and the modules that add routes to it, by their names."""

    blueprint: Blueprint
    modules: tuple[str, ...]

    def __init__(self, blueprint: Blueprint, *modules: str) -> None:
        object.__setattr__(self, "blueprint", blueprint)
        object.__setattr__(self, "modules", modules)


@dataclass(frozen=True)
class TemplateName:
    """A function or value that every template sees under this name."""

    name: str
    value: object


@dataclass(frozen=True)
class ErrorHandler:
    """The response to an exception that a view raises."""

    kind: type[Exception]
    respond: Callable[[Exception], ResponseReturnValue]


def _add_pages(app: Flask, pages: Pages) -> None:
    for module in pages.modules:
        import_module(module)
    app.register_blueprint(pages.blueprint)


def _add_template_name(app: Flask, added: TemplateName) -> None:
    app.jinja_env.globals[added.name] = added.value


PAGES = ExtensionPoint[Pages]("pages", added=_add_pages)
TEMPLATE_NAMES = ExtensionPoint[TemplateName](
    "names in templates", named=lambda added: added.name, added=_add_template_name
)
ERROR_HANDLERS = ExtensionPoint[ErrorHandler](
    "error handlers",
    added=lambda app, handler: app.register_error_handler(handler.kind, handler.respond),
)
AFTER_REQUEST = ExtensionPoint[Callable[[Response], Response]](
    "functions after a request", added=lambda app, function: app.after_request(function)
)
"""Each gets the response and returns it; the last one added is called first."""
